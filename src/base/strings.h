// Small text functions.  Pure; any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace limen {

// The candidate nearest to `word` by edit distance, if it is near enough for "did you mean".
std::optional<std::string_view> nearest(std::string_view word,
                                        std::span<const std::string_view> candidates);

// Standard base64 with padding, white space ignored; nullopt: not base64.
std::optional<std::string> decode_base64(std::string_view text);
// The URL alphabet without padding (RFC 7515), as in tokens.
std::optional<std::string> decode_base64url(std::string_view text);
std::string encode_base64(std::string_view bytes);

// "2026-11-24T04:13:20Z"
std::string format_time(int64_t unix_seconds);
// RFC 3339, fractions dropped.
std::optional<int64_t> parse_time(std::string_view text);

// 16 lower-case hex digits.
std::string hex(uint64_t value);

}  // namespace limen

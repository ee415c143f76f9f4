#include "base/strings.h"

#include <absl/strings/ascii.h>
#include <absl/strings/escaping.h>
#include <absl/strings/str_cat.h>
#include <absl/time/time.h>

#include <algorithm>
#include <vector>

namespace limen {
namespace {

size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<size_t> row(b.size() + 1);
  for (size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (size_t i = 1; i <= a.size(); ++i) {
    size_t diagonal = std::exchange(row[0], i);
    for (size_t j = 1; j <= b.size(); ++j) {
      const size_t replaced = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({row[j] + 1, row[j - 1] + 1, replaced});
    }
  }
  return row[b.size()];
}

// Debian's Abseil has a string_view of its own.
absl::string_view to_absl(std::string_view text) { return {text.data(), text.size()}; }

}  // namespace

std::optional<std::string_view> nearest(std::string_view word,
                                        std::span<const std::string_view> candidates) {
  constexpr size_t kLongest = 64;
  if (word.size() > kLongest) return std::nullopt;
  std::optional<std::string_view> best;
  size_t best_distance = word.size() / 3 + 2;
  for (std::string_view candidate : candidates) {
    const size_t distance = edit_distance(word, candidate);
    if (distance < best_distance) {
      best = candidate;
      best_distance = distance;
    }
  }
  return best;
}

std::optional<std::string> decode_base64(std::string_view text) {
  std::string decoded;
  if (!absl::Base64Unescape(to_absl(text), &decoded)) return std::nullopt;
  return decoded;
}

std::optional<std::string> decode_base64url(std::string_view text) {
  std::string decoded;
  if (!absl::WebSafeBase64Unescape(to_absl(text), &decoded)) return std::nullopt;
  return decoded;
}

std::string encode_base64(std::string_view bytes) { return absl::Base64Escape(to_absl(bytes)); }

std::string format_time(int64_t unix_seconds) {
  return absl::FormatTime("%Y-%m-%dT%H:%M:%SZ", absl::FromUnixSeconds(unix_seconds),
                          absl::UTCTimeZone());
}

std::optional<int64_t> parse_time(std::string_view text) {
  absl::Time time;
  // ParseTime takes white space around a time.
  if (text.empty() || absl::ascii_isspace(text.front()) || absl::ascii_isspace(text.back()))
    return std::nullopt;
  if (!absl::ParseTime(absl::RFC3339_full, to_absl(text), &time, nullptr)) return std::nullopt;
  return absl::ToUnixSeconds(time);
}

std::string hex(uint64_t value) { return absl::StrCat(absl::Hex(value, absl::kZeroPad16)); }

}  // namespace limen

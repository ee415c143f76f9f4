// When certificates are renewed, and when what failed is tried again.  Pure; any thread.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string_view>

#include "acme/messages.h"

namespace limen::acme {

// After so many failures in a row, at least one.  As CertMagic has it: soon at first, for most
// failures are short; then seldom, for CAs count failures.
std::chrono::minutes pause_after(int failures);
// What has failed for so long is given up, until it is wanted otherwise or Limen starts anew.
inline constexpr std::chrono::hours kGiveUpAfter{24 * 30};

// Unix seconds.
struct Lifetime {
  int64_t begin = 0, end = 0;
};

// A moment in the CA's window, or after two thirds of life; within that span by `seed`, so that a
// fleet's certificates are not renewed at once, and the same at each call.  RFC 9773, 4.2.
int64_t renewal_time(const Lifetime& life, const std::optional<RenewalWindow>& window,
                     std::string_view seed);

}  // namespace limen::acme

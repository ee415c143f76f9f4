// A private certificate authority: ECDSA P-256, for the mutual TLS between Limen and its Envoys.
// Pure but for randomness; any thread.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "base/result.h"

namespace limen::pki {

struct KeyPair {
  std::string certificate;  // PEM
  std::string key;          // PEM, PKCS #8

  bool operator==(const KeyPair&) const = default;
};

using TimePoint = std::chrono::system_clock::time_point;

// Good for `length` from `begin` on, and for this long before, for clocks differ.
inline constexpr std::chrono::minutes kClockSkew{5};
struct Life {
  TimePoint begin;
  std::chrono::seconds length;
};
inline Life life_of_days(int days, TimePoint now = std::chrono::system_clock::now()) {
  return {now, std::chrono::hours(24) * days};
}

// A self-signed authority that may sign end-entity certificates only.
Result<KeyPair> make_authority(const std::string& common_name, Life life);

struct Subject {
  std::string common_name;
  std::string uri;                 // SPIFFE ID
  std::vector<std::string> hosts;  // DNS names and IP addresses
  Life life;
};
// For servers and clients alike.
Result<KeyPair> issue(const KeyPair& authority, const Subject& subject);

}  // namespace limen::pki

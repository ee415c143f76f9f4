// A private certificate authority: ECDSA P-256, for the mutual TLS between Limen and its Envoys.
// Pure but for randomness and the clock; any thread.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"

namespace limen::pki {

struct KeyPair {
  std::string certificate;  // PEM
  std::string key;          // PEM, PKCS #8
};

// A self-signed authority that may sign end-entity certificates only.
Result<KeyPair> make_authority(const std::string& common_name, int days);

struct Subject {
  std::string common_name;
  std::string uri;                 // SPIFFE ID
  std::vector<std::string> hosts;  // DNS names and IP addresses
  int days = 365;
};
// For servers and clients alike.
Result<KeyPair> issue(const KeyPair& authority, const Subject& subject);

}  // namespace limen::pki

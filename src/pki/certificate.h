// What certificates say, and whether they go together.  Pure; any thread.
#pragma once

#include <string>
#include <vector>

#include "pki/authority.h"

namespace limen::pki {

struct Certificate {
  TimePoint begin;  // of its Life, if it is ours
  TimePoint not_after;
  std::vector<std::string> uris, hosts;  // subject alternative names; hosts: DNS names
  bool is_authority = false;             // may sign others
};
// PEM; of a chain the first.
Result<Certificate> read_certificate(const std::string& pem);

// Whether `key` is the certificate's.  The error says which of the two cannot be read.
Status check_pair(const KeyPair& pair);

// Whether one was signed with the key of the other.  False where either cannot be read.
bool is_signed_by(const std::string& pem, const std::string& authority_pem);

// Whether no more than a third of its life is left.
bool is_due(const Certificate& certificate, TimePoint now);

}  // namespace limen::pki

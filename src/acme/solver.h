// Who makes the answer to a challenge visible to the CA.
#pragma once

#include <functional>
#include <string>

#include "acme/messages.h"
#include "base/result.h"

namespace limen::acme {

struct Challenge {
  ChallengeType type = ChallengeType::kHttp01;
  std::string name;  // DNS name, without "*."
  std::string token;
  std::string key_authorization;  // RFC 8555, 8.1
  std::string hook = {};          // of DNS-01: who writes the record

  bool operator==(const Challenge&) const = default;
};

// On the loop's thread.
class Solver {
 public:
  virtual ~Solver() = default;

  // Calls back once: when the answer can be seen, or why it can not.
  virtual void present(const Challenge& challenge, std::function<void(Status)> in_force) = 0;
  // Takes it back; also one that is not in force yet, which then need not call back.
  virtual void clean_up(const Challenge& challenge) = 0;
};

}  // namespace limen::acme

// Keeps certificates valid: obtains those that are missing, renews them in time, and goes from one
// issuer to the next where one fails.  On the loop's thread; who it is told of outlives it.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "acme/key.h"
#include "acme/messages.h"
#include "acme/session.h"
#include "acme/solver.h"
#include "acme/storage.h"
#include "base/event_loop.h"

namespace limen::acme {

struct Issuer {
  AccountSettings account;
  KeyType key_type = KeyType::kEcdsaP256;
  std::string profile;                    // "": the CA's own choice
  std::vector<ChallengeType> challenges;  // the one to try first comes first
  std::string dns_hook;                   // of DNS-01

  bool operator==(const Issuer&) const = default;
};

struct Wanted {
  std::vector<std::string> names;  // DNS names, sorted, at least one
  std::vector<Issuer> issuers;     // tried in this order, at least one

  bool operator==(const Wanted&) const = default;
};

// Times in unix seconds; 0: none.
struct CertificateState {
  std::string directory;  // of the CA that the certificate is from; "": there is none
  int64_t not_after = 0;  // 0 where it has expired, too
  int64_t renew_at = 0;
  bool busy = false;     // it is being obtained
  std::string failure;   // of the last try; "": it succeeded, or none has ended
  int64_t next_try = 0;  // of one that failed

  bool operator==(const CertificateState&) const = default;
};

struct KeeperSettings {
  Send send;
  std::string means;  // that challenges are solved by, as a text: with others, failures are past
  // There is a certificate, or another one.
  std::function<void(const std::string& name, const StoredCertificate&)> on_certificate;
  std::function<void(const std::string& name, const CertificateState&)> on_state;
};

class Upkeep;
class Keeper {
 public:
  Keeper(EventLoop& loop, Storage& storage, Solver& solver, KeeperSettings settings);
  ~Keeper();

  // A certificate is wanted, or wanted otherwise: what failed before is tried at once.
  void want(const std::string& name, const Wanted& wanted);
  // What is stored stays.
  void forget(const std::string& name);

  // For Upkeep.
  using WithSession = std::function<void(std::variant<Failure, std::shared_ptr<Session>>)>;
  void with_session(const AccountSettings& account, const WithSession& done);
  // The next one opens a new session.
  void drop_session(const AccountSettings& account);

  EventLoop& loop() { return loop_; }
  Storage& storage() { return storage_; }
  Solver& solver() { return solver_; }
  const KeeperSettings& settings() const { return settings_; }

 private:
  EventLoop& loop_;
  Storage& storage_;
  Solver& solver_;
  const KeeperSettings settings_;
  std::map<std::string, std::shared_ptr<Session>> sessions_;  // by account
  std::map<std::string, std::shared_ptr<Upkeep>> upkeeps_;    // by name
};

}  // namespace limen::acme

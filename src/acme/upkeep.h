// One certificate's upkeep, for Keeper alone.  Held by a shared_ptr; what comes in for one that is
// gone is dropped.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "acme/issuance.h"
#include "acme/keeper.h"
#include "acme/schedule.h"

namespace limen::acme {

class Upkeep : public std::enable_shared_from_this<Upkeep> {
 public:
  Upkeep(Keeper& keeper, std::string name, Wanted wanted)
      : keeper_(keeper), name_(std::move(name)), wanted_(std::move(wanted)) {}
  ~Upkeep();

  void start();
  const Wanted& wanted() const { return wanted_; }

 private:
  Status adopt();
  void recall_failures();
  void plan();
  bool suits() const;
  int64_t due_at() const;
  int64_t next_attempt() const;
  void wake_at(int64_t time);
  void wake();

  void attempt();
  void try_issuer();
  void order(const std::shared_ptr<Session>& session);
  void take(std::variant<Failure, pki::KeyPair> outcome);
  void save(const pki::KeyPair& pair);
  void refuse(const Failure& failure);
  void give_up_for_now();
  void end_attempt();

  void look_at_renewal_window(int64_t at);
  void ask_renewal_window();
  void take_renewal_window(const Outcome& outcome);

  void tell();
  const Issuer& issuer() const { return wanted_.issuers[index_]; }
  const Issuer* issuer_of(const std::string& directory) const;

  Keeper& keeper_;
  const std::string name_;
  const Wanted wanted_;

  std::optional<StoredCertificate> stored_;
  std::vector<std::string> hosts_;  // of the stored one
  Lifetime life_;
  std::optional<RenewalWindow> window_;
  CertificateState state_;

  uint64_t timer_ = 0, window_timer_ = 0;
  int failures_ = 0;  // in a row
  int64_t failing_since_ = 0, rest_until_ = 0;
  std::map<std::string, int64_t> limited_;  // directory URL -> not before
  std::unique_ptr<Storage::Lock> lock_;     // while an attempt is under way
  size_t index_ = 0;                        // of the issuer that is tried
  std::string trouble_;                     // of the issuers that were tried
  std::shared_ptr<Issuance> issuance_;
};

}  // namespace limen::acme

// Who may see the xDS of `limen server`, and what it shows itself: certificates out of Secrets, or
// out of a folder, and service accounts' tokens.  On the event loop's thread.
#pragma once

#include <memory>

#include "ctl/commands.h"
#include "infra/authority/authority_secrets.h"
#include "kube/token_reviews.h"
#include "xds/server/server.h"

namespace limen::ctl {

class XdsAccess {
 public:
  // `changed`: identity(), or what certificates() issues, may be different, or ready() has become
  // true.
  XdsAccess(const ServerOptions& options, const std::string& name_space, EventLoop& loop,
            infra::AuthoritySecrets::Send send, std::function<void()> changed);

  // What a kube::Client is to follow, once.
  std::vector<kube::Follow> follows();
  // Only the leader renews.
  void set_active(bool active);

  bool ready() const { return secrets_ == nullptr || secrets_->ready(); }
  // ready(), or the last run was: its identity is in the state folder.
  bool can_serve() const { return ready() || known_; }
  // REQUIRES: can_serve()
  void fill(xds::ServerSettings& settings) const;
  // For Control::set_identity().  REQUIRES: can_serve(), certificates()
  xds::TlsIdentity identity() const;
  // Of proxies; nullptr: they come out of a folder.
  const infra::AuthoritySecrets* certificates() const { return secrets_.get(); }

 private:
  void remember();

  const std::string address_, certs_dir_;
  const std::string file_;                            // of known_
  std::optional<infra::Credentials> known_;           // as secrets_ had it last
  std::unique_ptr<infra::AuthoritySecrets> secrets_;  // nullptr: `certs_dir_` is used
  std::shared_ptr<kube::TokenReviews> tokens_;  // nullptr: there are none; gRPC's threads share it
};

}  // namespace limen::ctl

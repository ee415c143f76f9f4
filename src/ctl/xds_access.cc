#include "ctl/xds_access.h"

#include <fmt/format.h>

#include "api/objects.h"
#include "ctl/control.h"

namespace limen::ctl {
namespace {

infra::AuthoritySecretsSettings secrets_settings(const ServerOptions& options,
                                                 const std::string& name_space) {
  infra::AuthoritySecretsSettings settings;
  settings.name_space = name_space;
  if (const auto& lives = options.certificate_lives; lives.size() == 3) {
    settings.authority = {std::chrono::seconds(lives[0]), std::chrono::seconds(lives[1]),
                          std::chrono::seconds(lives[2])};
    settings.check = std::chrono::seconds(1);
  }
  return settings;
}

}  // namespace

XdsAccess::XdsAccess(const ServerOptions& options, const std::string& name_space, EventLoop& loop,
                     infra::AuthoritySecrets::Send send, std::function<void()> changed)
    : address_(options.xds_address), certs_dir_(options.xds_certs_dir) {
  if (certs_dir_.empty()) {
    secrets_ = std::make_unique<infra::AuthoritySecrets>(secrets_settings(options, name_space),
                                                         loop, send, std::move(changed));
  }
  if (!options.gateway_namespace_mode) return;
  kube::TokenReviewSettings settings;
  settings.audience = fmt::format("limen.{}.svc.cluster.local", name_space);
  tokens_ = std::make_shared<kube::TokenReviews>(std::move(settings), loop, std::move(send));
}

std::vector<kube::Follow> XdsAccess::follows() {
  return secrets_ == nullptr ? std::vector<kube::Follow>() : secrets_->follows();
}

std::vector<api::AnyObject> XdsAccess::objects() const {
  std::vector<api::AnyObject> objects;
  if (secrets_ == nullptr) return objects;
  for (const Json& secret : secrets_->secrets())
    objects.push_back(api::parse_object(secret).object);
  return objects;
}

bool XdsAccess::restore(const Json& object) {
  return secrets_ != nullptr && secrets_->restore(object);
}

void XdsAccess::set_active(bool active) {
  if (secrets_ != nullptr) secrets_->set_active(active);
}

void XdsAccess::fill(xds::ServerSettings& settings) const {
  use_mutual_tls(address_, certs_dir_, settings);
  if (secrets_ != nullptr) settings.identity = identity();
  if (tokens_ == nullptr) return;
  settings.verify_token = [tokens = tokens_](std::string token, auto done) {
    tokens->verify(std::move(token), [done](const kube::TokenReviews::Verdict& account) {
      if (!account) return done(account.error());
      // The ServiceAccount of a Gateway's proxy has the Gateway's name, and its namespace.
      done(fmt::format("{}/{}", account->name_space, account->name));
    });
  };
}

xds::TlsIdentity XdsAccess::identity() const {
  const infra::Credentials& own = secrets_->server();
  return {own.certificate, own.key, own.ca};
}

}  // namespace limen::ctl

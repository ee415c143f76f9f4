#include "ctl/xds_access.h"

#include <fmt/format.h>

#include "base/files.h"
#include "base/json_text.h"
#include "base/log.h"
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

std::optional<infra::Credentials> read_identity(const std::string& file) {
  const Result<std::string> text = read_file(file, 1 << 20);
  const Result<Json> value = text ? parse_json(*text) : Error{};
  if (!value || value->text("key").empty()) return std::nullopt;
  return infra::Credentials{std::string(value->text("certificate")),
                            std::string(value->text("key")), std::string(value->text("ca"))};
}

}  // namespace

XdsAccess::XdsAccess(const ServerOptions& options, const std::string& name_space, EventLoop& loop,
                     infra::AuthoritySecrets::Send send, std::function<void()> changed)
    : address_(options.xds_address),
      certs_dir_(options.xds_certs_dir),
      file_(options.state_dir + "/xds-identity") {
  if (certs_dir_.empty()) {
    known_ = read_identity(file_);
    secrets_ = std::make_unique<infra::AuthoritySecrets>(
        secrets_settings(options, name_space), loop, send, [this, changed = std::move(changed)] {
          remember();
          changed();
        });
  }
  if (!options.gateway_namespace_mode) return;
  kube::TokenReviewSettings settings;
  settings.audience = infra::xds_host(name_space);
  tokens_ = std::make_shared<kube::TokenReviews>(std::move(settings), loop, std::move(send));
}

// For a start without the API server.
void XdsAccess::remember() {
  if (!secrets_->ready() || known_ == secrets_->server()) return;
  known_ = secrets_->server();
  const Json text =
      Json::Object{{"certificate", known_->certificate}, {"key", known_->key}, {"ca", known_->ca}};
  if (const Status written = write_file(file_, to_json(text), 0600); !written)
    log::warn("limen", "{}", written.error().message);
}

std::vector<kube::Follow> XdsAccess::follows() {
  return secrets_ == nullptr ? std::vector<kube::Follow>() : secrets_->follows();
}

void XdsAccess::set_active(bool active) {
  if (secrets_ != nullptr) secrets_->set_active(active);
}

void XdsAccess::fill(xds::ServerSettings& settings) const {
  use_mutual_tls(address_, certs_dir_, settings);
  if (secrets_ != nullptr) settings.identity = identity();
  if (tokens_ == nullptr) return;
  settings.verify_token = [tokens = tokens_](const std::string& token, auto done) {
    tokens->verify(token, [done](const kube::TokenReviews::Verdict& account) {
      if (!account) return done(account.error());
      // The ServiceAccount of a Gateway's proxy has the Gateway's name, and its namespace.
      done(fmt::format("{}/{}", account->name_space, account->name));
    });
  };
}

xds::TlsIdentity XdsAccess::identity() const {
  const infra::Credentials& own = secrets_->ready() ? secrets_->server() : *known_;
  return {own.certificate, own.key, own.ca};
}

}  // namespace limen::ctl

// Certificates by ACME in `limen run` and `limen server`: what translation wants goes to the
// Keeper, challenges go to the listeners, and how far it is goes to statuses.  On the event loop's
// thread.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "acme/keeper.h"
#include "ctl/control.h"
#include "ctl/dns_hooks.h"
#include "http/client.h"

namespace limen::ctl {

struct AcmeSettings {
  DnsHooks::Programs hooks;
  // A wanted certificate is there, or another one; told after the call that led to it.  Or nobody.
  std::function<void(const std::string& name, const acme::StoredCertificate& certificate)>
      on_certificate;
  // Makes other replicas, which have Envoys of their own, show these challenges and no others.  Or
  // nobody: there are none.
  std::function<void(const std::vector<translate::ChallengeChange>& all,
                     std::function<void(Status)> done)>
      publish;
};

class Acme : private acme::Solver {
 public:
  Acme(Control& control, acme::Storage& storage, AcmeSettings settings);
  ~Acme() override;

  // What the control's sink is told.
  void take(const translate::Output& output);
  // Whether this Limen obtains certificates; not at first.
  void set_active(bool active);

  // [{secret, names, issuer, notAfter, ...}]: for `limen status`.
  Json report() const;
  // The same as figures (base/metrics_text.h).
  std::string metrics() const;

 private:
  struct Entry {
    std::shared_ptr<const translate::WantedCertificate> wanted;
    acme::CertificateState state;
  };

  void present(const acme::Challenge& challenge, std::function<void(Status)> in_force) override;
  void clean_up(const acme::Challenge& challenge) override;
  void show(const acme::Challenge& challenge, std::function<void(Status)> in_force);
  std::vector<std::string> proxies_of(const std::string& name) const;
  void publish_all(std::function<void(Status)> done);
  void publish(const translate::Input& input, std::function<void(Status)> in_force);

  void take_state(const std::string& name, const acme::CertificateState& state);
  void flush();
  void later(std::function<void()> work);

  Control& control_;
  const AcmeSettings settings_;
  acme::Storage& storage_;
  std::unique_ptr<http::Client> client_;  // from the first question on
  DnsHooks hooks_;
  std::map<std::string, Entry> entries_;  // by "<namespace>/<Secret>"
  std::map<std::string, std::vector<translate::ChallengeChange>> shown_;  // by token
  std::map<std::string, std::optional<acme::CertificateState>> told_;     // not applied yet
  const std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
  bool active_ = false;
  std::unique_ptr<acme::Keeper> keeper_;  // iff active_; below what it tells
};

// Of "<namespace>/<name>".
api::ObjectKey key_of_secret(const std::string& name);
// As a Secret that listeners can name; with the mark that Limen keeps it.
api::Secret secret_of(const api::ObjectKey& key, const acme::StoredCertificate& certificate);

}  // namespace limen::ctl

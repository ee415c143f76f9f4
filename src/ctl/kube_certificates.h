// ACME's storage in a Kubernetes: certificates in the Secrets that listeners name, account keys,
// pending challenges and failures in Secrets of Limen's namespace.  What there is is followed; only
// the leader writes, and only Secrets with the label limen.dev/certificate.  On the event loop's
// thread.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "acme/storage.h"
#include "api/kinds.h"
#include "kube/client.h"
#include "translate/translator.h"

namespace limen::ctl {

class KubeCertificates : public acme::Storage {
 public:
  using Send = std::function<void(kube::Request, std::function<void(kube::Answer)>)>;
  // `namespaces`: as in ServerOptions.  `changed`: ready(), or challenges().
  KubeCertificates(std::string name_space, std::vector<std::string> namespaces, Send send,
                   std::function<void()> changed);

  std::vector<kube::Follow> follows();
  bool ready() const { return unlisted_ == 0; }

  // What is pending, as the leader wrote it: so that the Envoys of all replicas answer.
  const std::vector<translate::ChallengeChange>& challenges() const { return challenges_; }
  void save_challenges(const std::vector<translate::ChallengeChange>& all, Saved saved);

  Result<std::optional<std::string>> account_key(const std::string& account) override;
  void save_account_key(const std::string& account, const std::string& pem, Saved saved) override;
  Result<std::optional<acme::StoredCertificate>> certificate(const std::string& name) override;
  void save_certificate(const std::string& name, const acme::StoredCertificate& certificate,
                        Saved saved) override;
  std::string failures(const std::string& name) override;
  void save_failures(const std::string& name, const std::string& text) override;
  // Who leads has it.
  Result<std::unique_ptr<Lock>> lock(const std::string& name) override;

 private:
  kube::Follow follow_of(const std::string& name_space);
  void take(const std::string& name_space, const kube::Delivery& delivery);
  void take_challenges(const Json* secret);
  void write(const std::string& name, Json secret, Saved saved);
  void write_failures();

  const std::string name_space_;
  const std::vector<std::string> namespaces_;
  const Send send_;
  const std::function<void()> changed_;
  size_t unlisted_ = 0;                                      // follows that have not told all yet
  std::map<std::string, Json> secrets_;                      // by "<namespace>/<name>"
  std::map<std::string, std::vector<std::string>> listing_;  // by followed namespace: names so far
  std::vector<translate::ChallengeChange> challenges_;
  std::map<std::string, std::string> unsaved_;  // failures, by the key of their Secret
  bool writing_failures_ = false;
};

}  // namespace limen::ctl

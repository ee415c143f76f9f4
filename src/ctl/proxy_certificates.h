// Certificates for the proxies that `limen server` starts, by the authority that `limen certgen`
// made.  On one thread.
#pragma once

#include <map>
#include <optional>
#include <string>

#include "infra/kube/render.h"
#include "pki/authority.h"

namespace limen::ctl {

class ProxyCertificates {
 public:
  // The authority in certgen's folder; the error says what is missing.
  static Result<ProxyCertificates> open(const std::string& folder);

  const std::string& ca() const { return authority_.certificate; }
  // One certificate a proxy and process.
  std::optional<infra::ProxyCredentials> of(const std::string& proxy);

 private:
  explicit ProxyCertificates(pki::KeyPair authority) : authority_(std::move(authority)) {}

  pki::KeyPair authority_;
  std::map<std::string, infra::ProxyCredentials> issued_;
};

}  // namespace limen::ctl

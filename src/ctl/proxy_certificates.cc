#include "ctl/proxy_certificates.h"

#include "base/log.h"
#include "ctl/certs.h"
#include "pki/identity.h"

namespace limen::ctl {

Result<ProxyCertificates> ProxyCertificates::open(const std::string& folder) {
  auto authority = read_pair(authority_files(folder));
  if (!authority) return authority.error();
  return ProxyCertificates(std::move(*authority));
}

std::optional<infra::ProxyCredentials> ProxyCertificates::of(const std::string& proxy) {
  if (const auto it = issued_.find(proxy); it != issued_.end()) return it->second;
  const auto pair = pki::issue(authority_, {"envoy", pki::id_of_proxy(proxy), {}, 365});
  if (!pair) {
    log::error("infra", "no certificate can be made for {}: {}", proxy, pair.error().message);
    return std::nullopt;
  }
  return issued_[proxy] = {pair->certificate, pair->key, authority_.certificate};
}

}  // namespace limen::ctl

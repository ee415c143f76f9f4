// The private authority of a Limen in Kubernetes, and what it issues.  Pure but for randomness; any
// thread.
//
// A new signer is trusted by all for a while before it signs, and the old one for a while after, so
// that whoever has rotated already and who has not yet can talk to each other all the time.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "pki/authority.h"

namespace limen::infra {

struct AuthoritySettings {
  std::chrono::seconds authority_life = std::chrono::hours(24) * 3650;
  std::chrono::seconds certificate_life = std::chrono::hours(24) * 90;
  // Between a signer's beginning to be trusted and its beginning to sign: longer than a changed
  // Secret takes to reach all pods and processes (the kubelet: some minutes).
  std::chrono::seconds overlap = std::chrono::hours(24);
};

struct Authority {
  pki::KeyPair signer;
  std::optional<pki::KeyPair> next;  // is trusted, and will sign
  std::string old;                   // is trusted still: a certificate, or ""

  std::string trusted() const;  // the certificates, one after the other
  bool operator==(const Authority&) const = default;
};

Result<Authority> make_authority(const AuthoritySettings& settings, pki::TimePoint now);

// The authority as it should be at `now`; nullopt: it is so already.  One that has expired, and so
// is trusted by nobody, is replaced at once.
Result<std::optional<Authority>> advance(const Authority& authority,
                                         const AuthoritySettings& settings, pki::TimePoint now);

// What a server or a proxy shows, and whom it trusts.  PEM.
struct Credentials {
  std::string certificate, key, ca;
  bool operator==(const Credentials&) const = default;
};

// Whom a certificate is for.
struct Holder {
  std::string common_name, uri;
  std::vector<std::string> hosts;  // DNS names
};
// A proxy: "<namespace>/<gateway>", or a GatewayClass's name.
Holder proxy_holder(const std::string& proxy);
// By which pods reach the xDS server: the Service `limen` of a namespace; tokens for it have this
// as their audience.
std::string xds_host(const std::string& name_space);
// The xDS server, behind that Service.
Holder server_holder(const std::string& name_space);

Result<Credentials> issue(const Authority& authority, const Holder& holder,
                          const AuthoritySettings& settings, pki::TimePoint now);

// Why a holder's credentials are to be issued anew; "": they are good.
std::string reason_to_renew(const Credentials& present, const Authority& authority,
                            const Holder& holder, pki::TimePoint now);

}  // namespace limen::infra

// spec.oidc of a SecurityPolicy: what it refers to, and what it comes to.  Called by the rule about
// SecurityPolicies.
#pragma once

#include "features/security.h"
#include "translate/policy/merge.h"
#include "translate/world.h"

namespace limen::translate {

struct OidcReading {
  Problems problems;  // none: users can log in.  Reason Pending: nobody has made a mistake
  features::FilterConfigs filter;
  std::vector<ClusterRef> clusters;
  Login login;
};

IssuerName name_of(const IssuerKey& key);

// How a provider's server is verified: as Envoy verifies its backends, which speak TLS.
struct TrustReading {
  std::optional<IssuerTrust> trust;
  std::string mistake;  // iff there is no trust
};
TrustReading read_issuer_trust(flow::Reads& reads, World& world, const IssuerKey& key);

// REQUIRES: the policy has an `oidc`.
OidcReading read_oidc(flow::Reads& reads, World& world, const ObjectKey& key,
                      const PolicyText& text);

// The SDS names of both secrets of a login, by that of the first, the client's; none: it is
// another.
std::vector<std::string> secrets_of_login(std::string_view first);

}  // namespace limen::translate

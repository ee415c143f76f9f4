// CA certificates out of objects: for the checks of backends' and of clients' certificates.
#pragma once

#include "translate/world.h"

namespace limen::translate {

// The plain value of a key.  Of a Secret: stringData beats data, as in the API server.
std::optional<std::string> value_of(const api::ConfigMap& map, const std::string& name);
std::optional<std::string> value_of(const api::Secret& secret, const std::string& name);

struct Trust {
  Verdict verdict;  // reasons: InvalidKind, InvalidCACertificateRef
  std::string pem;  // iff verdict.ok; ends in a newline
};

// The CAs of a ConfigMap or Secret (key ca.crt) or of a ClusterTrustBundle, whose namespace is
// ignored.  Whether the reference is permitted is the caller's to ask.
// Source: BackendTLSPolicyValidation.caCertificateRefs, FrontendTLSValidation.caCertificateRefs.
Trust read_trust(flow::Reads& reads, World& world, std::string_view group, std::string_view kind,
                 const ObjectKey& key);

}  // namespace limen::translate

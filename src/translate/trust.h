// What Secrets and ConfigMaps hold: values, and CA certificates, and lists of revoked ones, for the
// checks of backends' and of clients' certificates.
#pragma once

#include "translate/grants.h"

namespace limen::translate {

// The plain value of a key.  Of a Secret: stringData beats data, as in the API server.
std::optional<std::string> value_of(const api::ConfigMap& map, const std::string& name);
std::optional<std::string> value_of(const api::Secret& secret, const std::string& name);

// The Secret that an object refers to, where it may.
struct FoundSecret {
  const api::Secret* secret = nullptr;
  std::string mistake;  // "" iff there is a Secret
};
FoundSecret find_secret(flow::Reads& reads, World& world, const Referrer& from,
                        const api::SecretObjectReference& ref);

// The value of a key as a header or a form takes it: not empty, and of one line.
struct SecretValue {
  std::string text;
  std::string mistake;  // "" iff there is a text
};
SecretValue read_line(flow::Reads& reads, World& world, const Referrer& from,
                      const api::SecretObjectReference& ref, const char* name);

struct Trust {
  Verdict verdict;  // reasons: InvalidKind, InvalidCACertificateRef
  std::string pem;  // of certificates; ends in a newline
  SdsSecret sds;    // not empty: another SDS server has them, and pem is empty

  bool empty() const { return pem.empty() && sds.empty(); }
  // Adds what another reference leads to: the verdict becomes the first that is not ok.  What an
  // SDS server has must be the only one.
  void add(Trust other);
};

// The CAs of a ConfigMap or Secret (key ca.crt, or of type gateway.envoyproxy.io/sds) or of a
// ClusterTrustBundle, whose namespace is ignored.  Whether the reference is permitted is the
// caller's to ask.
// Source: BackendTLSPolicyValidation.caCertificateRefs, FrontendTLSValidation.caCertificateRefs.
Trust read_trust(flow::Reads& reads, World& world, std::string_view group, std::string_view kind,
                 const ObjectKey& key);
// The revoked certificates of a ConfigMap or Secret (key ca.crl).
// Source: ClientTrafficPolicy, CrlContext.refs.
Trust read_revoked(flow::Reads& reads, World& world, std::string_view group, std::string_view kind,
                   const ObjectKey& key);

// The same by reference, where `from` may refer there (RefNotPermitted).
enum class TrustPart { kCas, kRevoked };
Trust read_referred(flow::Reads& reads, World& world, const Referrer& from,
                    const api::ObjectReference& ref, TrustPart part);

}  // namespace limen::translate

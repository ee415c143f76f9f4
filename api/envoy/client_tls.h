// TLS with clients: parts of ClientTrafficPolicy.  Source: gateway.envoyproxy.io/v1alpha1.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "api/envoy/policy.h"
#include "api/envoy/tls.h"

namespace limen::api {

enum class TlsFingerprint { kJa3, kJa4 };

// What of a client's certificate is asked for, and looked at.
enum class ClientValidationMode {
  kRequest,           // it may show one, whatever it is
  kRequireAny,        // it must show one, whatever it is
  kVerifyIfGiven,     // what it shows must be good
  kRequireAndVerify,  // it must show a good one
};

struct OtherNameMatch : StringMatch {
  std::string oid;
  bool operator==(const OtherNameMatch&) const = default;
};

// One of all these must match.
struct SubjectAltNames {
  std::vector<StringMatch> dns_names, email_addresses, ip_addresses, uris;
  std::vector<OtherNameMatch> other_names;
  bool operator==(const SubjectAltNames&) const = default;
};

struct CrlContext {
  std::vector<SecretObjectReference> refs;  // Secrets and ConfigMaps, key ca.crl
  std::optional<bool> only_verify_leaf_certificate;
  bool operator==(const CrlContext&) const = default;
};

struct ClientValidationContext {
  bool optional = false;  // deprecated: mode VerifyIfGiven where mode is unset
  std::optional<ClientValidationMode> mode;
  std::vector<SecretObjectReference> ca_certificate_refs;  // key ca.crt, or ClusterTrustBundles
  std::vector<std::string> spki_hashes;                    // SHA-256 in base64
  std::vector<std::string> certificate_hashes;             // SHA-256 in hex
  std::optional<SubjectAltNames> subject_alt_names;
  std::optional<CrlContext> crl;
  std::optional<bool> allow_expired_certificate;
  bool operator==(const ClientValidationContext&) const = default;

  ClientValidationMode mode_in_force() const {
    if (mode) return *mode;
    return optional ? ClientValidationMode::kVerifyIfGiven
                    : ClientValidationMode::kRequireAndVerify;
  }
  // Whether what is shown must be good.
  bool verifies() const {
    return mode_in_force() == ClientValidationMode::kVerifyIfGiven ||
           mode_in_force() == ClientValidationMode::kRequireAndVerify;
  }
};

struct StatelessTlsSessionResumption {
  bool operator==(const StatelessTlsSessionResumption&) const = default;
};
struct StatefulTlsSessionResumption {
  bool operator==(const StatefulTlsSessionResumption&) const = default;
};

struct SessionResumption {
  std::optional<StatelessTlsSessionResumption> stateless;  // by tickets
  std::optional<StatefulTlsSessionResumption> stateful;    // by session ids
  bool operator==(const SessionResumption&) const = default;
};

struct TlsSession {
  std::optional<SessionResumption> resumption;  // unset: neither
  bool operator==(const TlsSession&) const = default;
};

struct ClientTlsSettings : TlsSettings {
  std::optional<ClientValidationContext> client_validation;
  std::vector<TlsFingerprint> fingerprints;
  std::optional<TlsSession> session;
  bool operator==(const ClientTlsSettings&) const = default;
};

}  // namespace limen::api

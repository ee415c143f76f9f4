// BackendTLSPolicy: TLS towards Services.  GEP-1897.  Source: gateway.networking.k8s.io/v1 of
// Gateway API v1.7 (backendtlspolicy_types.go).
#pragma once

#include "api/gateway/policy.h"

namespace limen::api {

enum class SubjectAltNameType { kHostname, kUri };

// The member that `type` names is set.
struct SubjectAltName {
  SubjectAltNameType type = SubjectAltNameType::kHostname;
  std::optional<std::string> hostname;
  std::optional<std::string> uri;
  bool operator==(const SubjectAltName&) const = default;
};

// Either of the first two is set.
struct BackendTlsPolicyValidation {
  std::vector<LocalObjectReference> ca_certificate_refs;
  std::optional<std::string> well_known_ca_certificates;  // System, or a domain-prefixed name
  std::string hostname;  // the SNI; also the name to verify unless:
  std::vector<SubjectAltName> subject_alt_names;
  bool operator==(const BackendTlsPolicyValidation&) const = default;
};

struct BackendTlsPolicySpec {
  std::vector<LocalPolicyTargetReferenceWithSectionName> target_refs;
  BackendTlsPolicyValidation validation;
  std::map<std::string, std::string> options;
  bool operator==(const BackendTlsPolicySpec&) const = default;
};

struct BackendTlsPolicy {
  ObjectMeta metadata;
  BackendTlsPolicySpec spec;
  PolicyStatus status;
  bool operator==(const BackendTlsPolicy&) const = default;
};

}  // namespace limen::api

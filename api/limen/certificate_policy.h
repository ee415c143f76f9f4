// CertificatePolicy: how the certificates of listeners are obtained.  A kind of Limen's own.
#pragma once

#include "api/gateway/policy.h"

namespace limen::api {

inline constexpr char kLimenGroup[] = "limen.dev";

// On a Gateway or ListenerSet: "letsencrypt", "letsencrypt-staging", or the name of a
// CertificatePolicy of its namespace.
inline constexpr char kAcmeAnnotation[] = "limen.dev/acme";
// On Secrets that Limen keeps: no other is ever written.
inline constexpr char kCertificateLabel[] = "limen.dev/certificate";
inline constexpr char kCertificateOfAcme[] = "acme";

enum class AcmeKeyType { kEcdsaP256, kEcdsaP384, kRsa2048, kRsa4096 };
enum class AcmeChallengeType { kHttp01, kTlsAlpn01, kDns01 };

struct AcmeChallenge {
  AcmeChallengeType type = AcmeChallengeType::kHttp01;
  std::optional<std::string> hook;  // iff type is kDns01
  bool operator==(const AcmeChallenge&) const = default;
};

// The value of a key of a Secret of the policy's namespace.
struct AcmeSecretKey {
  std::string name;
  std::string key = "key";
  bool operator==(const AcmeSecretKey&) const = default;
};

// RFC 8555, 7.3.4.
struct AcmeExternalAccountBinding {
  std::string key_id;
  AcmeSecretKey key_secret_ref;  // base64url, as CAs hand it out
  bool operator==(const AcmeExternalAccountBinding&) const = default;
};

struct AcmeIssuer {
  std::string server;                // URL of the directory
  std::optional<std::string> email;  // of the account
  AcmeKeyType key_type = AcmeKeyType::kEcdsaP256;
  std::optional<std::string> profile;
  std::optional<AcmeExternalAccountBinding> external_account_binding;
  std::vector<AcmeChallenge> challenges;  // none: by the Gateway's listeners
  std::vector<LocalObjectReference> ca_certificate_refs;
  bool operator==(const AcmeIssuer&) const = default;
};

struct AcmeSpec {
  std::vector<AcmeIssuer> issuers;
  bool operator==(const AcmeSpec&) const = default;
};

struct CertificatePolicySpec {
  std::vector<LocalPolicyTargetReferenceWithSectionName> target_refs;
  AcmeSpec acme;
  bool operator==(const CertificatePolicySpec&) const = default;
};

struct CertificatePolicy {
  ObjectMeta metadata;
  CertificatePolicySpec spec;
  PolicyStatus status;
  bool operator==(const CertificatePolicy&) const = default;
};

}  // namespace limen::api

#include "api/limen/tables.h"

namespace limen::api {

using schema::items;
using schema::length;
using schema::object;
using schema::pattern;
using schema::required;

std::vector<std::string_view> names_of(const AcmeKeyType*) {
  return {"ECDSA-P256", "ECDSA-P384", "RSA-2048", "RSA-4096"};
}
std::vector<std::string_view> names_of(const AcmeChallengeType*) {
  return {"HTTP-01", "TLS-ALPN-01", "DNS-01"};
}

const Schema& schema_of(const AcmeChallenge*) {
  static const Schema schema =
      object<AcmeChallenge>("ACMEChallenge", "A way to show that a name is ours.")
          .field<&AcmeChallenge::type>(
              "type", "HTTP-01 and TLS-ALPN-01 are answered by the Gateway.", required())
          .field<&AcmeChallenge::hook>(
              "hook", "Of DNS-01: a program that the operator allows by this name.", length(1, 63),
              pattern(schema::Form{R"(^[a-z0-9]([-a-z0-9]*[a-z0-9])?$)",
                                   "small letters, digits and '-'"}))
          .rule("has(self.hook) == (self.type == 'DNS-01')",
                "hook must be set where type is DNS-01, and only there");
  return schema;
}

const Schema& schema_of(const AcmeSecretKey*) {
  static const Schema schema =
      object<AcmeSecretKey>("ACMESecretKey", "A value in a Secret of the policy's namespace.")
          .field<&AcmeSecretKey::name>("name", "Name of the Secret.", required(), length(1, 253))
          .field<&AcmeSecretKey::key>("key", "Key of the value.", length(1, 253));
  return schema;
}

const Schema& schema_of(const AcmeExternalAccountBinding*) {
  static const Schema schema =
      object<AcmeExternalAccountBinding>("ACMEExternalAccountBinding",
                                         "Binds the account to one at the CA. RFC 8555, 7.3.4.")
          .field<&AcmeExternalAccountBinding::key_id>("keyID", "The CA's name for the key.",
                                                      required(), length(1, 1024))
          .field<&AcmeExternalAccountBinding::key_secret_ref>(
              "keySecretRef", "The key, in base64url as the CA gives it.", required());
  return schema;
}

const Schema& schema_of(const AcmeIssuer*) {
  static const Schema schema =
      object<AcmeIssuer>("ACMEIssuer", "A certificate authority, and what is asked of it.")
          .field<&AcmeIssuer::server>(
              "server", "URL of its ACME directory.", required(), length(1, 2048),
              pattern(schema::Form{R"(^https://[^/?#\s@]+(/[^\s#]*)?$)", "an https URL"}))
          .field<&AcmeIssuer::email>(
              "email", "Where the CA writes to.", length(3, 254),
              pattern(schema::Form{R"(^[^\s@,]+@[^\s@,]+$)", "an e-mail address"}))
          .field<&AcmeIssuer::key_type>("keyType", "Of the certificate's key.")
          .field<&AcmeIssuer::profile>("profile",
                                       "One of those that the CA offers; its default where unset.",
                                       length(1, 253))
          .field<&AcmeIssuer::external_account_binding>("externalAccountBinding",
                                                        "Where the CA wants one.")
          .field<&AcmeIssuer::challenges>(
              "challenges",
              "Tried in this order; HTTP-01 where the Gateway has an HTTP listener on port 80, "
              "else TLS-ALPN-01.",
              items(1, 3), schema::unique_by({"type"}))
          .field<&AcmeIssuer::ca_certificate_refs>(
              "caCertificateRefs",
              "ConfigMaps or Secrets with the CAs (key ca.crt) that the server's own certificate is "
              "verified by; the system's where unset.",
              items(1, 8));
  return schema;
}

const Schema& schema_of(const AcmeSpec*) {
  static const Schema schema =
      object<AcmeSpec>("ACMESpec", "Certificates by ACME. RFC 8555.")
          .field<&AcmeSpec::issuers>("issuers", "The next one is asked where one fails.",
                                     required(), items(1, 8), schema::unique_by({"server"}));
  return schema;
}

const Schema& schema_of(const CertificatePolicySpec*) {
  static const Schema schema =
      object<CertificatePolicySpec>("CertificatePolicySpec",
                                    "How the certificates of listeners are obtained.")
          .field<&CertificatePolicySpec::target_refs>(
              "targetRefs",
              "Gateways and ListenerSets, or listeners of them; none where they name the policy in "
              "their annotation limen.dev/acme.",
              items(1, 16))
          .field<&CertificatePolicySpec::acme>("acme", "By ACME.", required())
          .rule(
              "!has(self.targetRefs) || self.targetRefs.all(r, r.group == 'gateway.networking.k8s.io' && r.kind in ['Gateway', 'ListenerSet'])",
              "targetRefs must name Gateways or ListenerSets");
  return schema;
}

const Schema& schema_of(const CertificatePolicy*) {
  static const Schema schema =
      object<CertificatePolicy>("CertificatePolicy",
                                "Obtains and renews the certificates of listeners.")
          .field<&CertificatePolicy::metadata>("metadata", kMetadata, required())
          .field<&CertificatePolicy::spec>("spec", "From where, and how.", required())
          .field<&CertificatePolicy::status>("status", "Written by the controller.");
  return schema;
}

}  // namespace limen::api

#include "api/envoy/tables.h"

namespace limen::api {

using schema::items;
using schema::object;
using schema::required;

std::vector<std::string_view> names_of(const TlsFingerprint*) { return {"JA3", "JA4"}; }
std::vector<std::string_view> names_of(const ClientValidationMode*) {
  return {"Request", "RequireAny", "VerifyIfGiven", "RequireAndVerify"};
}

const Schema& schema_of(const OtherNameMatch*) {
  static const Schema schema =
      object<OtherNameMatch>("OtherSANMatch", "A condition on a name of another type.")
          .field<&OtherNameMatch::oid>("oid", "The type, as 1.2.3.4.", required())
          .base<StringMatch>("The condition.");
  return schema;
}

const Schema& schema_of(const SubjectAltNames*) {
  static const Schema schema =
      object<SubjectAltNames>("SubjectAltNames",
                              "Names in the certificate; one of all these must match.")
          .field<&SubjectAltNames::dns_names>("dnsNames", "DNS names.")
          .field<&SubjectAltNames::email_addresses>("emailAddresses", "Mail addresses.")
          .field<&SubjectAltNames::ip_addresses>("ipAddresses", "IP addresses.")
          .field<&SubjectAltNames::uris>("uris", "URIs, such as SPIFFE IDs.")
          .field<&SubjectAltNames::other_names>("otherNames", "Names of other types.");
  return schema;
}

const Schema& schema_of(const CrlContext*) {
  static const Schema schema =
      object<CrlContext>("CrlContext", "Certificates that are revoked.")
          .field<&CrlContext::refs>("refs",
                                    "Secrets or ConfigMaps with lists of them (key ca.crl, PEM).",
                                    required(), items(1, 8))
          .field<&CrlContext::only_verify_leaf_certificate>(
              "onlyVerifyLeafCertificate",
              "Whether only the client's own certificate is looked up; else its CAs, too, each of "
              "which needs a list.");
  return schema;
}

const Schema& schema_of(const ClientValidationContext*) {
  static const Schema schema =
      object<ClientValidationContext>("ClientValidationContext",
                                      "How clients' certificates are checked.")
          .field<&ClientValidationContext::optional>("optional",
                                                     "Deprecated: use mode VerifyIfGiven.")
          .field<&ClientValidationContext::mode>(
              "mode", "Whether one is asked for and looked at; RequireAndVerify where unset.")
          .field<&ClientValidationContext::ca_certificate_refs>(
              "caCertificateRefs",
              "Secrets or ConfigMaps with CAs (key ca.crt), or ClusterTrustBundles.", items(0, 8))
          .field<&ClientValidationContext::spki_hashes>(
              "spkiHashes", "SHA-256 of its public key (SPKI), in base64, must be one of these.")
          .field<&ClientValidationContext::certificate_hashes>(
              "certificateHashes", "Its SHA-256, in hex, must be one of these.")
          .field<&ClientValidationContext::subject_alt_names>("subjectAltNames",
                                                              "What must be in it.")
          .field<&ClientValidationContext::crl>("crl", "Certificates that are revoked.")
          .field<&ClientValidationContext::allow_expired_certificate>(
              "allowExpiredCertificate", "Whether one that has expired is good.")
          .rule(
              "!has(self.allowExpiredCertificate) || !self.allowExpiredCertificate || !has(self.mode) || self.mode in ['VerifyIfGiven', 'RequireAndVerify']",
              "allowExpiredCertificate is for modes VerifyIfGiven and RequireAndVerify");
  return schema;
}

const Schema& schema_of(const StatelessTlsSessionResumption*) {
  static const Schema schema = object<StatelessTlsSessionResumption>(
      "StatelessTLSSessionResumption", "By tickets that clients keep.");
  return schema;
}

const Schema& schema_of(const StatefulTlsSessionResumption*) {
  static const Schema schema = object<StatefulTlsSessionResumption>(
      "StatefulTLSSessionResumption", "By sessions that Envoy remembers.");
  return schema;
}

const Schema& schema_of(const SessionResumption*) {
  static const Schema schema =
      object<SessionResumption>("SessionResumption", "How sessions may be resumed.")
          .field<&SessionResumption::stateless>("stateless", "By tickets that clients keep.")
          .field<&SessionResumption::stateful>("stateful", "By sessions that Envoy remembers.");
  return schema;
}

const Schema& schema_of(const TlsSession*) {
  static const Schema schema =
      object<TlsSession>("Session", "TLS sessions.")
          .field<&TlsSession::resumption>("resumption",
                                          "How sessions may be resumed; not at all where unset.");
  return schema;
}

const Schema& schema_of(const ClientTlsSettings*) {
  static const Schema schema =
      object<ClientTlsSettings>("ClientTLSSettings", "TLS with clients.")
          .field<&ClientTlsSettings::client_validation>(
              "clientValidation", "How their certificates are checked; they need none where unset.")
          .base<TlsSettings>("Versions and algorithms.")
          .field<&ClientTlsSettings::fingerprints>("fingerprints",
                                                   "Fingerprints of clients that are taken.")
          .field<&ClientTlsSettings::session>("session", "TLS sessions.");
  return schema;
}

}  // namespace limen::api

#include "api/envoy/tables.h"

namespace limen::api {

using schema::items;
using schema::object;
using schema::required;

std::vector<std::string_view> names_of(const TlsVersion*) {
  return {"Auto", "1.0", "1.1", "1.2", "1.3"};
}
std::vector<std::string_view> names_of(const AlpnProtocol*) {
  return {"http/1.0", "http/1.1", "h2"};
}
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
          .field<&ClientTlsSettings::min_version>("minVersion", "Oldest version; 1.2 where unset.")
          .field<&ClientTlsSettings::max_version>("maxVersion", "Newest version; 1.3 where unset.")
          .field<&ClientTlsSettings::ciphers>(
              "ciphers", "Cipher suites of TLS 1.2 and older, by OpenSSL's or IANA's names.")
          .field<&ClientTlsSettings::ecdh_curves>("ecdhCurves", "Groups for the key exchange.")
          .field<&ClientTlsSettings::signature_algorithms>("signatureAlgorithms",
                                                           "Signature algorithms.")
          .field<&ClientTlsSettings::alpn_protocols>(
              "alpnProtocols",
              "Protocols that are offered; h2 and http/1.1 for HTTPS where unset, none where empty.",
              schema::keep_empty())
          .field<&ClientTlsSettings::fingerprints>("fingerprints",
                                                   "Fingerprints of clients that are taken.")
          .field<&ClientTlsSettings::session>("session", "TLS sessions.")
          .rule("!has(self.ciphers) || !has(self.minVersion) || self.minVersion != '1.3'",
                "ciphers have no effect where minVersion is 1.3")
          .rule(
              "!has(self.maxVersion) || self.maxVersion in ['1.3', 'Auto'] || (has(self.minVersion) ? self.minVersion in ['Auto', '1.0', self.maxVersion] || (self.minVersion == '1.1' && self.maxVersion == '1.2') : self.maxVersion == '1.2')",
              "minVersion must not be newer than maxVersion");
  return schema;
}

}  // namespace limen::api

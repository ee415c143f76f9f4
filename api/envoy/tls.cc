#include "api/envoy/tables.h"

namespace limen::api {

using schema::items;
using schema::length;
using schema::object;
using schema::one_of;
using schema::pattern;

std::vector<std::string_view> names_of(const TlsVersion*) {
  return {"Auto", "1.0", "1.1", "1.2", "1.3"};
}
std::vector<std::string_view> names_of(const AlpnProtocol*) {
  return {"http/1.0", "http/1.1", "h2"};
}

const Schema& schema_of(const TlsSettings*) {
  static const Schema schema =
      object<TlsSettings>("TLSSettings", "Versions and algorithms of TLS.")
          .field<&TlsSettings::min_version>("minVersion", "Oldest version; 1.2 where unset.")
          .field<&TlsSettings::max_version>("maxVersion", "Newest version; 1.3 where unset.")
          .field<&TlsSettings::ciphers>(
              "ciphers", "Cipher suites of TLS 1.2 and older, by OpenSSL's or IANA's names.")
          .field<&TlsSettings::ecdh_curves>("ecdhCurves", "Groups for the key exchange.")
          .field<&TlsSettings::signature_algorithms>("signatureAlgorithms", "Signature algorithms.")
          .field<&TlsSettings::alpn_protocols>(
              "alpnProtocols",
              "Protocols that are offered (ALPN), none where empty. Where unset: to clients of "
              "HTTPS h2 and http/1.1, to backends h2 where HTTP/2 is spoken.",
              schema::keep_empty())
          .rule("!has(self.ciphers) || !has(self.minVersion) || self.minVersion != '1.3'",
                "ciphers have no effect where minVersion is 1.3")
          .rule(
              "!has(self.maxVersion) || self.maxVersion in ['1.3', 'Auto'] || (has(self.minVersion) ? self.minVersion in ['Auto', '1.0', self.maxVersion] || (self.minVersion == '1.1' && self.maxVersion == '1.2') : self.maxVersion == '1.2')",
              "minVersion must not be newer than maxVersion");
  return schema;
}

const Schema& schema_of(const BackendTlsConfig*) {
  static const Schema schema =
      object<BackendTlsConfig>(
          "BackendTLSConfig", "TLS with backends, where BackendTLSPolicies or Backends ask for it.")
          .field<&BackendTlsConfig::client_certificate_ref>(
              "clientCertificateRef",
              "Secret with the certificate that is shown to servers that ask for one.")
          .base<TlsSettings>("Versions and algorithms.");
  return schema;
}

const Schema& schema_of(const BackendTlsSettings*) {
  static const Schema schema =
      object<BackendTlsSettings>("BackendTLSSettings",
                                 "TLS with the backend. How its certificate is checked, and sni, a "
                                 "BackendTLSPolicy says instead where there is one.")
          .field<&BackendTlsSettings::ca_certificate_refs>(
              "caCertificateRefs",
              "ConfigMaps or Secrets with CAs under key ca.crt, or ClusterTrustBundles.",
              items(0, 8))
          .field<&BackendTlsSettings::well_known_ca_certificates>(
              "wellKnownCACertificates", "System: the CAs that the machine trusts.",
              one_of({"System"}))
          .field<&BackendTlsSettings::insecure_skip_verify>(
              "insecureSkipVerify", "The certificate is not checked: anybody may have answered.")
          .field<&BackendTlsSettings::sni>(
              "sni",
              "Server name (SNI), and the name that has to be in the certificate. Without it and "
              "autoSNIFromEndpointHostname: the Host of each request.",
              length(1, 253), pattern(kExactHostnamePattern))
          .field<&BackendTlsSettings::auto_sni_from_endpoint_hostname>(
              "autoSNIFromEndpointHostname",
              "The hostname of each endpoint is what sni would say of it.")
          .base<BackendTlsConfig>("What does not depend on who the server is.")
          .rule(
              "!has(self.caCertificateRefs) || size(self.caCertificateRefs) == 0 || !has(self.wellKnownCACertificates)",
              "set only one of caCertificateRefs and wellKnownCACertificates")
          .rule(
              "!has(self.insecureSkipVerify) || !self.insecureSkipVerify || ((!has(self.caCertificateRefs) || size(self.caCertificateRefs) == 0) && !has(self.wellKnownCACertificates))",
              "insecureSkipVerify can't be used with caCertificateRefs or wellKnownCACertificates")
          .rule(
              "!has(self.sni) || !has(self.autoSNIFromEndpointHostname) || !self.autoSNIFromEndpointHostname",
              "set only one of sni and autoSNIFromEndpointHostname");
  return schema;
}

}  // namespace limen::api

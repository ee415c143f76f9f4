#include "api/gateway/tables.h"

namespace limen::api {

using schema::items;
using schema::max;
using schema::min;
using schema::object;
using schema::required;
using schema::unique_by;

std::vector<std::string_view> names_of(const FrontendValidationMode*) {
  return {"AllowValidOnly", "AllowInsecureFallback"};
}

const Schema& schema_of(const FrontendTlsValidation*) {
  static const Schema schema =
      object<FrontendTlsValidation>("FrontendTLSValidation",
                                    "How clients' certificates are checked. GEP-91.")
          .field<&FrontendTlsValidation::ca_certificate_refs>(
              "caCertificateRefs", "ConfigMaps, Secrets or ClusterTrustBundles with CAs.",
              required(), items(1, 16))
          .field<&FrontendTlsValidation::mode>(
              "mode", "Whether clients without a good certificate are let in.")
          .rule(
              "self.caCertificateRefs.all(r, !(r.group == 'certificates.k8s.io' && r.kind == 'ClusterTrustBundle' && has(r.__namespace__)))",
              "a reference to a ClusterTrustBundle must have no namespace");
  return schema;
}

const Schema& schema_of(const TlsConfig*) {
  static const Schema schema =
      object<TlsConfig>("TLSConfig", "TLS with clients.")
          .field<&TlsConfig::validation>(
              "validation", "How clients' certificates are checked; they need none where unset.");
  return schema;
}

const Schema& schema_of(const TlsPortConfig*) {
  static const Schema schema =
      object<TlsPortConfig>("TLSPortConfig", "TLS with clients of one port.")
          .field<&TlsPortConfig::port>("port", "The port.", required(), min(1), max(65535))
          .field<&TlsPortConfig::tls>("tls", "What is so there.", required());
  return schema;
}

const Schema& schema_of(const FrontendTlsConfig*) {
  static const Schema schema =
      object<FrontendTlsConfig>("FrontendTLSConfig", "TLS with clients.")
          .field<&FrontendTlsConfig::default_config>("default", "On all ports.", required(),
                                                     schema::keep_empty())
          .field<&FrontendTlsConfig::per_port>("perPort", "On single ports, instead of that.",
                                               items(0, 64), unique_by({"port"}));
  return schema;
}

const Schema& schema_of(const GatewayBackendTls*) {
  static const Schema schema =
      object<GatewayBackendTls>("GatewayBackendTLS", "TLS with backends.")
          .field<&GatewayBackendTls::client_certificate_ref>(
              "clientCertificateRef", "Secret with the certificate that backends are shown.");
  return schema;
}

const Schema& schema_of(const GatewayTlsConfig*) {
  static const Schema schema = object<GatewayTlsConfig>("GatewayTLSConfig", "TLS of a Gateway.")
                                   .field<&GatewayTlsConfig::backend>("backend", "With backends.")
                                   .field<&GatewayTlsConfig::frontend>("frontend", "With clients.");
  return schema;
}

}  // namespace limen::api

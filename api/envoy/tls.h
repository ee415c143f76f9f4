// TLS: what connections with clients and with backends have in common, and those with backends.
// Source: gateway.envoyproxy.io/v1alpha1.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "api/gateway/common.h"

namespace limen::api {

enum class TlsVersion { kAuto, k10, k11, k12, k13 };
enum class AlpnProtocol { kHttp10, kHttp11, kH2 };

struct TlsSettings {
  std::optional<TlsVersion> min_version, max_version;  // unset: 1.2, 1.3
  std::vector<std::string> ciphers, ecdh_curves, signature_algorithms;
  std::optional<std::vector<AlpnProtocol>> alpn_protocols;  // empty: no ALPN
  bool operator==(const TlsSettings&) const = default;
};

// EnvoyProxy.spec.backendTLS: what backends that say nothing else get.
struct BackendTlsConfig : TlsSettings {
  std::optional<SecretObjectReference> client_certificate_ref;
  bool operator==(const BackendTlsConfig&) const = default;
};

// Backend.spec.tls.
struct BackendTlsSettings : BackendTlsConfig {
  std::vector<LocalObjectReference> ca_certificate_refs;  // key ca.crt, or ClusterTrustBundles
  std::optional<std::string> well_known_ca_certificates;  // System
  bool insecure_skip_verify = false;                      // without CAs
  // Neither: each request's Host.
  std::optional<std::string> sni;
  std::optional<bool> auto_sni_from_endpoint_hostname;
  bool operator==(const BackendTlsSettings&) const = default;

  // Nothing but the Host of requests says whose certificate the server has to show.
  bool names_no_server() const {
    return !insecure_skip_verify && !sni && !auto_sni_from_endpoint_hostname.value_or(false);
  }
};

}  // namespace limen::api

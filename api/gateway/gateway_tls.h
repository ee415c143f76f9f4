// TLS settings of a whole Gateway: client certificates (GEP-91), and the certificate that it shows
// to backends (GEP-3155).  Source: gateway.networking.k8s.io/v1 of Gateway API v1.7
// (gateway_types.go).
#pragma once

#include "api/gateway/common.h"

namespace limen::api {

enum class FrontendValidationMode { kAllowValidOnly, kAllowInsecureFallback };

struct FrontendTlsValidation {
  std::vector<ObjectReference> ca_certificate_refs;  // ConfigMaps, Secrets, ClusterTrustBundles
  FrontendValidationMode mode = FrontendValidationMode::kAllowValidOnly;
  bool operator==(const FrontendTlsValidation&) const = default;
};

struct TlsConfig {
  std::optional<FrontendTlsValidation> validation;  // unset: clients need no certificate
  bool operator==(const TlsConfig&) const = default;
};

// Takes the place of the default on one port.
struct TlsPortConfig {
  int32_t port = 0;
  TlsConfig tls;
  bool operator==(const TlsPortConfig&) const = default;
};

struct FrontendTlsConfig {
  TlsConfig default_config;  // JSON "default"
  std::vector<TlsPortConfig> per_port;
  bool operator==(const FrontendTlsConfig&) const = default;
};

struct GatewayBackendTls {
  std::optional<SecretObjectReference> client_certificate_ref;
  bool operator==(const GatewayBackendTls&) const = default;
};

struct GatewayTlsConfig {
  std::optional<GatewayBackendTls> backend;
  std::optional<FrontendTlsConfig> frontend;
  bool operator==(const GatewayTlsConfig&) const = default;
};

}  // namespace limen::api

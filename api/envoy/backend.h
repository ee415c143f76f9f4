// Backend: an endpoint outside of Kubernetes Services.  Source: gateway.envoyproxy.io/v1alpha1.
#pragma once

#include "api/envoy/tls.h"

namespace limen::api {

struct FqdnEndpoint {
  std::string hostname;
  int32_t port = 0;
  bool operator==(const FqdnEndpoint&) const = default;
};

struct IpEndpoint {
  std::string address;
  int32_t port = 0;
  bool operator==(const IpEndpoint&) const = default;
};

struct UnixSocket {
  std::string path;
  bool operator==(const UnixSocket&) const = default;
};

// Exactly one of fqdn, ip and unix.
struct BackendEndpoint {
  std::optional<FqdnEndpoint> fqdn;
  std::optional<IpEndpoint> ip;
  std::optional<UnixSocket> unix_socket;  // JSON "unix"
  std::optional<std::string> hostname;
  std::optional<std::string> zone;
  bool operator==(const BackendEndpoint&) const = default;
};

enum class BackendType { kEndpoints, kDynamicResolver };

struct BackendSpec {
  BackendType type = BackendType::kEndpoints;
  std::vector<BackendEndpoint> endpoints;
  std::vector<std::string> app_protocols;  // gateway.envoyproxy.io/h2c, /ws, /wss
  std::optional<bool> fallback;
  std::optional<BackendTlsSettings> tls;  // unset: plain text, unless a policy asks for TLS
  bool operator==(const BackendSpec&) const = default;
};

struct BackendStatus {
  std::vector<Condition> conditions;
  bool operator==(const BackendStatus&) const = default;
};

struct Backend {
  ObjectMeta metadata;
  BackendSpec spec;
  BackendStatus status;
  bool operator==(const Backend&) const = default;
};

}  // namespace limen::api

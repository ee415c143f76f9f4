// EnvoyProxy: how the proxies of a Gateway or GatewayClass are run.  Source:
// gateway.envoyproxy.io/v1alpha1. Fields that have no effect yet are accepted and kept as `rest`
// (`limen validate` names them).
#pragma once

#include "api/envoy/geo_ip.h"
#include "api/envoy/kubernetes_provider.h"
#include "api/envoy/tls.h"
#include "base/json.h"

namespace limen::api {

enum class ProviderType { kKubernetes, kHost };
enum class LogLevel { kTrace, kDebug, kInfo, kWarn, kError, kOff, kCritical };
enum class BootstrapType { kReplace, kMerge, kJsonPatch };

struct EnvoyProxyHostProvider {
  std::optional<std::string> envoy_version;
  bool operator==(const EnvoyProxyHostProvider&) const = default;
};

struct EnvoyProxyProvider {
  ProviderType type = ProviderType::kKubernetes;
  std::optional<EnvoyProxyHostProvider> host;
  std::optional<EnvoyProxyKubernetesProvider> kubernetes;
  bool operator==(const EnvoyProxyProvider&) const = default;
};

struct EnvoyProxyLogging {
  std::map<std::string, LogLevel> level;  // by Envoy component; "default" for all
  bool operator==(const EnvoyProxyLogging&) const = default;
};

struct JsonPatchOperation {
  std::string op;
  std::optional<std::string> path;
  std::optional<std::string> from;
  std::optional<Json> value;
  bool operator==(const JsonPatchOperation&) const = default;
};

struct ProxyBootstrap {
  BootstrapType type = BootstrapType::kReplace;
  std::optional<std::string> value;  // YAML
  std::vector<JsonPatchOperation> json_patches;
  bool operator==(const ProxyBootstrap&) const = default;
};

struct ShutdownConfig {
  std::optional<Duration> health_check_failure_delay;  // unset: 0s
  std::optional<Duration> drain_timeout;               // unset: 60s
  std::optional<Duration> min_drain_duration;          // unset: 10s
  bool operator==(const ShutdownConfig&) const = default;
};

struct EnvoyProxySpec {
  std::optional<EnvoyProxyProvider> provider;
  EnvoyProxyLogging logging;
  std::optional<ProxyBootstrap> bootstrap;
  std::optional<int32_t> concurrency;
  std::vector<std::string> extra_args;
  bool merge_gateways = false;
  std::optional<ShutdownConfig> shutdown;
  std::optional<GeoIp> geo_ip;
  std::optional<BackendTlsConfig> backend_tls;
  Json rest;  // members that are accepted but not yet in effect
  bool operator==(const EnvoyProxySpec&) const = default;
};

struct EnvoyProxy {
  ObjectMeta metadata;
  EnvoyProxySpec spec;
  bool operator==(const EnvoyProxy&) const = default;
};

}  // namespace limen::api

// From what translation wants of a proxy to the objects that run it.  Pure.
//
// Source of names, labels and defaults: Envoy Gateway's infrastructure objects, on which users rely
// (kubectl by label, dashboards, alerts).
#pragma once

#include <optional>

#include "infra/authority/authority.h"
#include "infra/kube/objects.h"
#include "infra/plan.h"

namespace limen::infra {

// What the containers of a pod find where.
inline constexpr char kAdminSocket[] = "/var/run/limen/admin.sock";
inline constexpr char kConfigFolder[] = "/etc/limen";  // the files of the ConfigMap
inline constexpr char kBootstrapName[] = "bootstrap.json";
inline constexpr char kCaName[] = "ca.crt";
inline constexpr char kCertificateFolder[] = "/certs";  // tls.crt, tls.key, ca.crt
inline constexpr char kTokenFile[] = "/var/run/secrets/limen/token";
inline constexpr int kStatsPort = 19001, kShutdownPort = 19002, kReadyPort = 19003;

struct RenderSettings {
  std::string name_space;           // Limen's own, and of what it makes
  bool gateway_namespaces = false;  // it makes it in those of the Gateways, by their names
  std::string image;                // Limen's, for the container beside Envoy
  std::string token_audience;       // of the tokens by which such proxies are known
};

// Whether the proxy is known by its ServiceAccount's token, and not by a certificate.
bool uses_token(const ProxyPlan& plan, const RenderSettings& settings);

// The bytes that Envoy may use, where its container has a limit.
std::optional<uint64_t> memory_limit(const ProxyPlan& plan);

// By name: bootstrap.json, and what it refers to.
using ConfigFiles = std::map<std::string, std::string>;

// REQUIRES: uses_token(), or there are credentials; the plan has a port.
Objects render(const ProxyPlan& plan, const RenderSettings& settings, const ConfigFiles& files,
               const std::optional<Credentials>& credentials);

}  // namespace limen::infra

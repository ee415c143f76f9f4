// The command line of an Envoy, but for its first words, and the name of what is made for a proxy:
// the same on a host and in Kubernetes.  Pure.
#pragma once

#include <string>
#include <vector>

#include "api/envoy/envoy_proxy.h"

namespace limen::infra {

// Logs, draining, concurrency and extraArgs.  Source: Envoy Gateway's arguments.
std::vector<std::string> envoy_flags(const api::EnvoyProxySpec& settings);

// shutdown.drainTimeout, which a drain takes at most.
std::chrono::milliseconds drain_timeout(const api::EnvoyProxySpec& settings);

// "default/web" -> "envoy-default-web-1a2b3c4d", as Envoy Gateway names what it makes.
std::string safe_name(const std::string& proxy);

}  // namespace limen::infra

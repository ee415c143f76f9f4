// cluster_settings/: how Envoy calls a backend: ClusterSettings -> parts of a Cluster, of its
// endpoints, and of who sends requests there.  Source: Envoy Gateway's ClusterSettings.  Pure.
//
// Problems name fields from the settings on (".timeout.tcp.connectTimeout"): all that Envoy would
// refuse is one.
#pragma once

#include <string>
#include <vector>

#include "api/envoy/policy.h"
#include "base/problem.h"

namespace envoy::config::cluster::v3 {
class Cluster;
}
namespace envoy::config::core::v3 {
class RetryPolicy;
class TransportSocket;
}  // namespace envoy::config::core::v3
namespace envoy::config::endpoint::v3 {
class ClusterLoadAssignment;
}

namespace limen::features {

// What the cluster has to know.  The rest (retries, timeouts of requests) is about requests, so
// that a change of it changes no cluster.
api::ClusterSettings cluster_part(api::ClusterSettings settings);

// `out` is whole but for them: what they do not say stays as it is.  `host`: what health checks ask
// for where the settings do not say.
Problems write_cluster_settings(const api::ClusterSettings& settings, const std::string& host,
                                envoy::config::cluster::v3::Cluster& out);
// What write_cluster_settings() would say.
enum class BackendHttp { kHttp1, kHttp2 };
Problems check_cluster_settings(const api::ClusterSettings& settings, BackendHttp http);

// The part that endpoints of EDS have to know.
void write_endpoint_settings(const api::ClusterSettings& settings,
                             envoy::config::endpoint::v3::ClusterLoadAssignment& out);

// Whether what is sent is TLS, be it behind the PROXY protocol.
bool is_tls(const envoy::config::core::v3::TransportSocket& socket);

// Who calls a service of a policy.  Envoy knows less of retries here than it does of routes.
enum class Caller { kJwks, kTokens, kExtAuth };
Problems write_retry(const api::Retry& retry, Caller caller,
                     envoy::config::core::v3::RetryPolicy& out);

// Fields that are accepted, and of which nothing comes when that caller's requests are Envoy's own.
std::vector<std::string> fields_without_effect(const api::ClusterSettings& settings, Caller caller);

// backendSettings.timeout.http.requestTimeout.
std::optional<api::Duration> request_timeout(const api::BackendCluster& service);

}  // namespace limen::features

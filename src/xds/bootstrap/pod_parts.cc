#include "xds/bootstrap/pod_parts.h"

#include <fmt/format.h>

#include "base/yaml.h"

namespace limen::xds {
namespace {

// The overload manager leaves these listeners alone: an Envoy that is busy is watched all the more.
constexpr char kListener[] = R"(
name: {name}
address: {{socket_address: {{address: {host}, port_value: {port}}}}}
bypass_overload_manager: true
filter_chains:
- filters:
  - name: envoy.filters.network.http_connection_manager
    typed_config:
      "@type": type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager
      stat_prefix: {stat_prefix}
      normalize_path: true
      route_config:
        name: {stat_prefix}
        virtual_hosts:
        - name: {stat_prefix}
          domains: ["*"]
          routes: []
      http_filters:
      - name: envoy.filters.http.router
        typed_config:
          "@type": type.googleapis.com/envoy.extensions.filters.http.router.v3.Router
)";

constexpr char kStatsRoute[] = R"(
match:
  path: /stats/prometheus
  headers:
  - name: ":method"
    string_match: {exact: GET}
route: {cluster: prometheus_stats}
)";

constexpr char kStatsCluster[] = R"(
name: prometheus_stats
type: STATIC
connect_timeout: 0.25s
load_assignment:
  cluster_name: prometheus_stats
  endpoints:
  - lb_endpoints:
    - endpoint:
        address: {{pipe: {{path: {admin}}}}}
)";

constexpr char kReadyFilter[] = R"(
name: envoy.filters.http.health_check
typed_config:
  "@type": type.googleapis.com/envoy.extensions.filters.http.health_check.v3.HealthCheck
  pass_through_mode: false
  headers:
  - name: ":path"
    string_match: {exact: /ready}
)";

constexpr char kHeapMonitor[] = R"(
name: envoy.resource_monitors.fixed_heap
typed_config:
  "@type": type.googleapis.com/envoy.extensions.resource_monitors.fixed_heap.v3.FixedHeapConfig
  max_heap_size_bytes: {bytes}
)";

constexpr char kHeapActions[] = R"(
- name: envoy.overload_actions.shrink_heap
  triggers:
  - name: envoy.resource_monitors.fixed_heap
    threshold: {value: 0.95}
- name: envoy.overload_actions.stop_accepting_requests
  triggers:
  - name: envoy.resource_monitors.fixed_heap
    threshold: {value: 0.98}
)";

std::string quoted(const std::string& text) { return to_json(Json(text)); }

Json parsed(const std::string& yaml) { return parse_yaml(yaml).at(0).value; }

Json listener(const char* what, const Address& address) {
  return parsed(fmt::format(kListener,
                            fmt::arg("name", quoted(fmt::format("envoy-gateway-proxy-{}-{}-{}",
                                                                what, address.host, address.port))),
                            fmt::arg("host", quoted(address.host)), fmt::arg("port", address.port),
                            fmt::arg("stat_prefix", quoted(what))));
}

Json& connection_manager(Json& listener) {
  Json& chain = listener.find("filter_chains")->as_array().front();
  return *chain.find("filters")->as_array().front().find("typed_config");
}

void append(Json& config, const char* list, Json value) {
  Json& resources = *config.find("static_resources");
  if (resources.find(list) == nullptr) resources.set(list, Json(Json::Array{}));
  resources.find(list)->as_array().push_back(std::move(value));
}

void add_stats(const Address& address, const std::string& admin_socket, Json& config) {
  Json stats = listener("stats", address);
  Json& hosts = *connection_manager(stats).find("route_config")->find("virtual_hosts");
  hosts.as_array().front().set("routes", Json::Array{parsed(kStatsRoute)});
  append(config, "listeners", std::move(stats));
  append(config, "clusters",
         parsed(fmt::format(kStatsCluster, fmt::arg("admin", quoted(admin_socket)))));
}

void add_ready(const Address& address, Json& config) {
  Json ready = listener("ready", address);
  auto& filters = connection_manager(ready).find("http_filters")->as_array();
  filters.insert(filters.begin(), parsed(kReadyFilter));
  append(config, "listeners", std::move(ready));
}

void add_heap_limit(uint64_t memory_limit, Json& config) {
  Json& manager = *config.find("overload_manager");
  const uint64_t heap = memory_limit / 5 * 4;
  manager.find("resource_monitors")
      ->as_array()
      .push_back(parsed(fmt::format(kHeapMonitor, fmt::arg("bytes", heap))));
  manager.set("actions", parsed(kHeapActions));
}

}  // namespace

void add_pod_parts(const BootstrapSettings& settings, Json& config) {
  if (settings.stats) add_stats(*settings.stats, settings.admin_socket, config);
  if (settings.ready) add_ready(*settings.ready, config);
  if (settings.memory_limit > 0) add_heap_limit(settings.memory_limit, config);
}

}  // namespace limen::xds

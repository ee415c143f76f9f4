#include "xds/bootstrap/bootstrap.h"

#include <fmt/format.h>

#include "base/yaml.h"

namespace limen::xds {
namespace {

// The values in braces are JSON strings, so no value can break out of its place.
constexpr char kTemplate[] = R"(
node:
  id: {node}
  cluster: {proxy}
admin:
  address:
    pipe:
      path: {admin}
      mode: 384
dynamic_resources:
  ads_config:
    api_type: DELTA_GRPC
    transport_api_version: V3
    set_node_on_first_message_only: true
    grpc_services:
    - envoy_grpc:
        cluster_name: xds_cluster
  lds_config:
    ads: {{}}
    initial_fetch_timeout: 0s
    resource_api_version: V3
  cds_config:
    ads: {{}}
    initial_fetch_timeout: 0s
    resource_api_version: V3
static_resources:
  clusters:
  - name: xds_cluster
    type: STATIC
    connect_timeout: 10s
    load_assignment:
      cluster_name: xds_cluster
      endpoints:
      - lb_endpoints:
        - endpoint:
            address:
              pipe:
                path: {xds}
    typed_extension_protocol_options:
      envoy.extensions.upstreams.http.v3.HttpProtocolOptions:
        "@type": type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions
        explicit_http_config:
          http2_protocol_options:
            connection_keepalive:
              interval: 30s
              timeout: 5s
stats_config:
  use_all_default_tags: true
layered_runtime:
  layers:
  - name: limen
    static_layer:
      re2.max_program_size.error_level: 4294967295
      re2.max_program_size.warn_level: 1000
overload_manager:
  refresh_interval: 0.25s
  resource_monitors:
  - name: envoy.resource_monitors.global_downstream_max_connections
    typed_config:
      "@type": type.googleapis.com/envoy.extensions.resource_monitors.downstream_connections.v3.DownstreamConnectionsConfig
      max_active_downstream_connections: 50000
)";

std::string quoted(const std::string& text) { return to_json(Json(text)); }

}  // namespace

Json make_bootstrap(const BootstrapSettings& settings) {
  const std::string text = fmt::format(kTemplate, fmt::arg("node", quoted(settings.node)),
                                       fmt::arg("proxy", quoted(settings.proxy)),
                                       fmt::arg("admin", quoted(settings.admin_socket)),
                                       fmt::arg("xds", quoted(settings.xds_socket)));
  return parse_yaml(text).at(0).value;
}

}  // namespace limen::xds

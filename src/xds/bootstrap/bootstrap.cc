#include "xds/bootstrap/bootstrap.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "base/yaml.h"
#include "xds/bootstrap/pod_parts.h"
#include "xds/bootstrap/tls_server.h"

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
    type: {discovery}
    connect_timeout: 10s
    load_assignment:
      cluster_name: xds_cluster
      endpoints:
      - lb_endpoints:
        - endpoint:
            address: {address}
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

std::string pipe(const std::string& path) {
  return fmt::format("{{pipe: {{path: {}}}}}", quoted(path));
}

std::string socket_address(const Address& address) {
  return fmt::format("{{socket_address: {{address: {}, port_value: {}}}}}", quoted(address.host),
                     address.port);
}

void add_metadata(const BootstrapSettings& settings, Json& node) {
  const auto &labels = settings.labels, &annotations = settings.annotations;
  Json metadata{Json::Object{}};
  if (!labels.empty()) metadata.set("labels", Json::Object(labels.begin(), labels.end()));
  if (!annotations.empty())
    metadata.set("annotations", Json::Object(annotations.begin(), annotations.end()));
  if (!metadata.as_object().empty()) node.set("metadata", std::move(metadata));
}

}  // namespace

Json make_bootstrap(const BootstrapSettings& settings) {
  const auto* remote = std::get_if<TlsServer>(&settings.xds_server);
  const std::string text = fmt::format(
      kTemplate, fmt::arg("node", quoted(settings.node)), fmt::arg("proxy", quoted(settings.proxy)),
      fmt::arg("admin", quoted(settings.admin_socket)),
      fmt::arg("discovery", remote == nullptr ? "STATIC" : "STRICT_DNS"),
      fmt::arg("address", remote == nullptr ? pipe(std::get<std::string>(settings.xds_server))
                                            : socket_address(remote->address)));
  Json config = parse_yaml(text).at(0).value;
  add_metadata(settings, *config.find("node"));
  if (remote != nullptr)
    use_tls(*remote, config.find("static_resources")->find("clusters")->as_array().at(0));
  add_pod_parts(settings, config);
  return config;
}

Result<Address> parse_address(const std::string& text) {
  const size_t colon = text.rfind(':');
  std::string host = text.substr(0, colon == std::string::npos ? 0 : colon);
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  int port = 0;
  const char* end = text.data() + text.size();
  const auto parsed =
      std::from_chars(end - (text.size() - std::min(colon + 1, text.size())), end, port);
  if (colon == std::string::npos || host.empty() || parsed.ec != std::errc() || parsed.ptr != end ||
      port < 1 || port > 65535)
    return Error{"'" + text + "' has not the form HOST:PORT"};
  return Address{host, port};
}

}  // namespace limen::xds

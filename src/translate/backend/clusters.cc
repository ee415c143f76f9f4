#include <envoy/config/cluster/v3/cluster.pb.h>
#include <envoy/extensions/filters/http/upstream_codec/v3/upstream_codec.pb.h>
#include <envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager.pb.h>
#include <envoy/extensions/upstreams/http/v3/http_protocol_options.pb.h>

#include <algorithm>
#include <set>

#include "features/cluster_settings.h"
#include "translate/backend/rules.h"
#include "translate/backend/settings.h"
#include "translate/backend/transport.h"
#include "translate/policy/oidc.h"
#include "translate/policy/rules.h"
#include "translate/sds.h"

namespace limen::translate {
namespace {

namespace cluster_v3 = envoy::config::cluster::v3;
using envoy::config::endpoint::v3::LocalityLbEndpoints;

constexpr int kConnectTimeoutSeconds = 10;
constexpr uint32_t kConnectionBuffer = 32768;
constexpr uint32_t kFailuresToEject = 3;

// `filters`: that requests pass on their way.
void write_protocol(const HttpTransport& http, const std::vector<FragmentPtr>& filters,
                    cluster_v3::Cluster& out) {
  if (http.is_default() && filters.empty())
    return;  // HTTP/1.1 is Envoy's default and what WebSocket needs
  envoy::extensions::upstreams::http::v3::HttpProtocolOptions options;
  if (http.http1 && http.http2)
    options.mutable_auto_config();
  else if (http.http2)
    options.mutable_explicit_http_config()->mutable_http2_protocol_options();
  else
    options.mutable_explicit_http_config()->mutable_http_protocol_options();
  if (http.by_host) {
    options.mutable_upstream_http_protocol_options()->set_auto_sni(true);
    options.mutable_upstream_http_protocol_options()->set_auto_san_validation(http.checks_host);
  }
  for (const FragmentPtr& filter : filters)
    options.add_http_filters()->ParseFromString(xds::serialise(*filter));
  if (!filters.empty()) {
    auto& codec = *options.add_http_filters();
    codec.set_name("envoy.filters.http.upstream_codec");
    codec.mutable_typed_config()->PackFrom(
        envoy::extensions::filters::http::upstream_codec::v3::UpstreamCodec());
  }
  (*out.mutable_typed_extension_protocol_options())
      ["envoy.extensions.upstreams.http.v3.HttpProtocolOptions"]
          .PackFrom(options);
}

void write_eds(cluster_v3::Cluster& out) {
  out.set_type(cluster_v3::Cluster::EDS);
  auto* eds = out.mutable_eds_cluster_config();
  eds->set_service_name(out.name());
  eds->mutable_eds_config()->set_resource_api_version(envoy::config::core::v3::V3);
  eds->mutable_eds_config()->mutable_ads();
  out.set_ignore_health_on_host_removal(true);
}

void write_dns(cluster_v3::Cluster& out) {
  out.set_type(cluster_v3::Cluster::STRICT_DNS);
  out.set_dns_lookup_family(cluster_v3::Cluster::V4_PREFERRED);
  out.mutable_dns_refresh_rate()->set_seconds(30);
  out.set_respect_dns_ttl(true);
  out.mutable_load_assignment()->set_cluster_name(out.name());
}

envoy::config::endpoint::v3::Endpoint& add_host(const std::string& hostname, int32_t port,
                                                LocalityLbEndpoints& out) {
  auto& endpoint = *out.add_lb_endpoints()->mutable_endpoint();
  endpoint.mutable_address()->mutable_socket_address()->set_address(hostname);
  endpoint.mutable_address()->mutable_socket_address()->set_port_value(static_cast<uint32_t>(port));
  return endpoint;
}

// Certificates and SNI have no dot at the end.
void add_fqdn(const api::BackendEndpoint& spec, LocalityLbEndpoints& out) {
  const std::string& name = spec.fqdn->hostname;
  auto& endpoint = add_host(name, spec.fqdn->port, out);
  if (spec.hostname)
    endpoint.set_hostname(*spec.hostname);
  else if (name.ends_with('.'))
    endpoint.set_hostname(name.substr(0, name.size() - 1));
}

// How the endpoints of a backend are found.
enum class Discovery { kNone, kEds, kDns };  // kNone: it is gone

// Adds the names that are to be resolved.
Discovery discover(flow::Reads& reads, World& world, const ClusterRef& ref,
                   LocalityLbEndpoints& names) {
  if (ref.is_server()) {
    add_host(ref.host, ref.port, names);
  } else if (ref.kind == api::Kind::kService) {
    const api::Service* service = world.services.get(reads, ref.object);
    if (service == nullptr) return Discovery::kNone;
    if (service->spec.type == "ExternalName")
      add_host(service->spec.external_name, ref.port, names);
  } else {
    const api::Backend* backend = world.backends.get(reads, ref.object);
    if (backend == nullptr) return Discovery::kNone;
    for (const auto& endpoint : backend->spec.endpoints) {
      if (endpoint.fqdn) add_fqdn(endpoint, names);
    }
  }
  return names.lb_endpoints_size() > 0 ? Discovery::kDns : Discovery::kEds;
}

// Of one backend with names, or several of which some have.
void write_names(flow::Reads& reads, World& world, const ClusterRef& ref,
                 std::vector<LocalityLbEndpoints> names, cluster_v3::Cluster& out) {
  write_dns(out);
  const std::vector members = members_of(ref);
  for (size_t i = 0; i < members.size(); ++i) {
    const BackendTls* tls = tls_of(reads, world, members[i].ref);
    if (is_closed(tls, ref)) continue;
    if (names[i].lb_endpoints_size() == 0) add_endpoints(reads, world, members[i].ref, names[i]);
    if (ref.is_group()) write_locality(ref, members[i], tls != nullptr, names[i]);
    if (names[i].lb_endpoints_size() > 0)
      *out.mutable_load_assignment()->add_endpoints() = std::move(names[i]);
  }
}

// False: there is no backend left.
bool write_discovery(flow::Reads& reads, World& world, const ClusterRef& ref,
                     cluster_v3::Cluster& out) {
  std::vector<LocalityLbEndpoints> names;
  std::set<Discovery> found;
  for (const ClusterMember& member : members_of(ref))
    found.insert(discover(reads, world, member.ref, names.emplace_back()));
  if (found == std::set{Discovery::kNone}) return false;
  if (found.contains(Discovery::kDns))
    write_names(reads, world, ref, std::move(names), out);
  else
    write_eds(out);
  return true;
}

// Shares are those of localities.  One that cannot be connected to gives way to the fallback.
void write_shares(const ClusterRef& ref, cluster_v3::Cluster& out) {
  out.mutable_common_lb_config()->mutable_locality_weighted_lb_config();
  const std::vector members = members_of(ref);
  if (std::none_of(members.begin(), members.end(),
                   [](const ClusterMember& member) { return member.fallback; }))
    return;
  auto& outliers = *out.mutable_outlier_detection();
  outliers.set_split_external_local_origin_errors(true);
  outliers.mutable_consecutive_local_origin_failure()->set_value(kFailuresToEject);
  outliers.mutable_enforcing_consecutive_local_origin_failure()->set_value(100);
  outliers.mutable_enforcing_local_origin_success_rate()->set_value(0);
  outliers.mutable_enforcing_consecutive_5xx()->set_value(0);
  outliers.mutable_enforcing_consecutive_gateway_failure()->set_value(0);
  outliers.mutable_enforcing_success_rate()->set_value(0);
  outliers.mutable_max_ejection_percent()->set_value(100);
}

// The name of the service.
std::string host_of(const ClusterRef& ref) {
  return ref.is_server() ? ref.host.str() : members_of(ref).front().ref.object.name.str();
}

std::shared_ptr<const xds::Fragment> build(flow::Reads& reads, World& world, const ClusterRef& ref,
                                           const ProxyTls* proxy) {
  cluster_v3::Cluster cluster;
  cluster.set_name(ref.text());
  if (!write_discovery(reads, world, ref, cluster)) return nullptr;
  const auto http = write_transport(reads, world, ref, proxy, cluster);
  if (!http) return cluster_without_endpoints(ref);
  std::vector<FragmentPtr> filters;
  if (!ref.credential.name.empty()) {
    const RouteFilterModel* model = world.route_filter_models.get(reads, ref.credential);
    if (model == nullptr || model->filter == nullptr) return cluster_without_endpoints(ref);
    filters.push_back(model->filter);
  }
  cluster.mutable_connect_timeout()->set_seconds(kConnectTimeoutSeconds);
  cluster.mutable_per_connection_buffer_limit_bytes()->set_value(kConnectionBuffer);
  cluster.set_lb_policy(cluster_v3::Cluster::LEAST_REQUEST);
  cluster.mutable_circuit_breakers()->add_thresholds()->mutable_max_retries()->set_value(1024);
  write_protocol(*http, filters, cluster);
  if (ref.is_group()) write_shares(ref, cluster);
  if (ref.https) write_server_transport(ref.host, world.options.system_cas, cluster);
  if (const auto settings = settings_of(ref))  // whose problems policies tell
    features::write_cluster_settings(*settings, host_of(ref), cluster);
  return xds::fragment_of(cluster);
}

cluster_v3::Cluster static_cluster(const std::string& name) {
  cluster_v3::Cluster cluster;
  cluster.set_name(name);
  cluster.set_type(cluster_v3::Cluster::STATIC);
  cluster.mutable_connect_timeout()->set_seconds(kConnectTimeoutSeconds);
  cluster.mutable_load_assignment()->set_cluster_name(name);
  return cluster;
}

// Backends of a group, by name; "": the only one.
std::set<std::string> parts_with_tls(const xds::Fragment& cluster) {
  cluster_v3::Cluster message;
  std::set<std::string> parts;
  if (!message.ParseFromString(xds::serialise(cluster))) return parts;
  if (features::is_tls(message.transport_socket())) parts.insert("");
  for (const auto& match : message.transport_socket_matches()) {
    if (features::is_tls(match.transport_socket())) parts.insert(match.name());
  }
  return parts;
}

}  // namespace

std::shared_ptr<const xds::Fragment> cluster_without_endpoints(const ClusterRef& ref) {
  return xds::fragment_of(static_cluster(ref.text()));
}

std::shared_ptr<const xds::Fragment> build_sds_cluster(const std::string& socket) {
  cluster_v3::Cluster cluster = static_cluster(sds_cluster(socket));
  auto* endpoint = cluster.mutable_load_assignment()->add_endpoints()->add_lb_endpoints();
  endpoint->mutable_endpoint()->mutable_address()->mutable_pipe()->set_path(socket);
  write_protocol({.http1 = false, .http2 = true}, {}, cluster);
  return xds::fragment_of(cluster);
}

std::shared_ptr<const xds::Fragment> build_awaiting_cluster(const std::string& secret) {
  std::vector<FragmentPtr> filters;
  for (const std::string& name : secrets_of_login(secret)) {
    envoy::extensions::filters::network::http_connection_manager::v3::HttpFilter filter;
    features::write_credential({}, name, {}, filter);
    filters.push_back(xds::fragment_of(filter));
  }
  if (filters.empty()) return nullptr;
  cluster_v3::Cluster cluster = static_cluster(secret);
  write_protocol({}, filters, cluster);
  return xds::fragment_of(cluster);
}

bool keeps_tls(const xds::Fragment& cluster, const xds::Fragment& wanted) {
  const std::set<std::string> has = parts_with_tls(cluster), wants = parts_with_tls(wanted);
  return std::includes(has.begin(), has.end(), wants.begin(), wants.end());
}

std::shared_ptr<const xds::Fragment> build_cluster(flow::Reads& reads, World& world,
                                                   const ClusterRef& ref) {
  return build(reads, world, ref, nullptr);
}

std::shared_ptr<const xds::Fragment> cluster_of_proxy(flow::Reads& reads, World& world,
                                                      const ProxyCluster& key) {
  auto shared = world.clusters.share(reads, key.cluster);
  const ProxyTls* proxy = world.proxy_tls.get(reads, key.proxy);
  if (shared == nullptr || proxy == nullptr || !takes_tls_somewhere(reads, world, key.cluster))
    return shared;
  return can_speak_tls(reads, world, *proxy, key.cluster) ? build(reads, world, key.cluster, proxy)
                                                          : cluster_without_endpoints(key.cluster);
}

}  // namespace limen::translate

#include <envoy/config/cluster/v3/cluster.pb.h>
#include <envoy/extensions/filters/http/upstream_codec/v3/upstream_codec.pb.h>
#include <envoy/extensions/transport_sockets/tls/v3/tls.pb.h>
#include <envoy/extensions/upstreams/http/v3/http_protocol_options.pb.h>

#include <algorithm>
#include <set>

#include "features/cluster_settings.h"
#include "features/features.h"
#include "translate/backend/rules.h"
#include "translate/backend/settings.h"
#include "translate/policy/rules.h"
#include "translate/sds.h"

namespace limen::translate {
namespace {

namespace cluster_v3 = envoy::config::cluster::v3;
using envoy::config::endpoint::v3::LocalityLbEndpoints;
using TransportSocket = envoy::config::core::v3::TransportSocket;

constexpr int kConnectTimeoutSeconds = 10;
constexpr uint32_t kConnectionBuffer = 32768;
constexpr uint32_t kFailuresToEject = 3;

// `filter`: that requests pass on their way; nullptr: none.
void write_protocol(BackendProtocol protocol, const xds::Fragment* filter,
                    cluster_v3::Cluster& out) {
  envoy::extensions::upstreams::http::v3::HttpProtocolOptions options;
  if (protocol == BackendProtocol::kHttp2)
    options.mutable_explicit_http_config()->mutable_http2_protocol_options();
  else if (filter != nullptr)
    options.mutable_explicit_http_config()->mutable_http_protocol_options();
  else
    return;  // HTTP/1.1 is Envoy's default and what WebSocket needs
  if (filter != nullptr) {
    options.add_http_filters()->ParseFromString(xds::serialise(*filter));
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

void add_host(const std::string& hostname, int32_t port, LocalityLbEndpoints& out) {
  auto* address =
      out.add_lb_endpoints()->mutable_endpoint()->mutable_address()->mutable_socket_address();
  address->set_address(hostname);
  address->set_port_value(static_cast<uint32_t>(port));
}

// `secret`: the certificate that is shown.  Without ALPN a server speaks HTTP/1.1, or
// whatever else the port is for.
void write_tls(const xds::Fragment& settings, BackendProtocol protocol, const SdsSecret* secret,
               TransportSocket& out) {
  envoy::extensions::transport_sockets::tls::v3::UpstreamTlsContext context;
  context.ParseFromString(xds::serialise(settings));
  if (protocol == BackendProtocol::kHttp2)
    context.mutable_common_tls_context()->add_alpn_protocols("h2");
  if (secret != nullptr) {
    write_sds(*secret,
              *context.mutable_common_tls_context()->add_tls_certificate_sds_secret_configs());
  }
  out.set_name("envoy.transport_sockets.tls");
  out.mutable_typed_config()->PackFrom(context);
}

void write_server_tls(const std::string& host, const std::string& system_cas,
                      cluster_v3::Cluster& out) {
  envoy::extensions::transport_sockets::tls::v3::UpstreamTlsContext context;
  features::write_server_tls(host, system_cas, context);
  auto* socket = out.mutable_transport_socket();
  socket->set_name("envoy.transport_sockets.tls");
  socket->mutable_typed_config()->PackFrom(context);
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
      if (endpoint.fqdn) add_host(endpoint.fqdn->hostname, endpoint.fqdn->port, names);
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
    if (tls != nullptr && tls->context == nullptr) continue;
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

// TLS as the policies of the backends say.  False: nothing may be sent there.
bool write_tls_of_backends(flow::Reads& reads, World& world, const ClusterRef& ref,
                           const SdsSecret* secret, cluster_v3::Cluster& out) {
  if (!ref.is_group()) {
    const BackendTls* tls = tls_of(reads, world, ref);
    if (tls == nullptr) return true;
    if (tls->context == nullptr) return false;
    write_tls(*tls->context, ref.protocol, secret, *out.mutable_transport_socket());
    return true;
  }
  std::set<std::string> names;
  for (const ClusterMember& member : members_of(ref)) {
    const BackendTls* tls = tls_of(reads, world, member.ref);
    const std::string name = member.ref.text();
    if (tls == nullptr || tls->context == nullptr || !names.insert(name).second) continue;
    auto& match = *out.add_transport_socket_matches();
    match.set_name(name);
    (*match.mutable_match()->mutable_fields())[kMember].set_string_value(name);
    write_tls(*tls->context, ref.protocol, secret, *match.mutable_transport_socket());
  }
  return true;
}

// The name of the service.
std::string host_of(const ClusterRef& ref) {
  return ref.is_server() ? ref.host.str() : members_of(ref).front().ref.object.name.str();
}

std::shared_ptr<const xds::Fragment> build(flow::Reads& reads, World& world, const ClusterRef& ref,
                                           const SdsSecret* secret) {
  cluster_v3::Cluster cluster;
  cluster.set_name(ref.text());
  if (!write_discovery(reads, world, ref, cluster)) return nullptr;
  if (!write_tls_of_backends(reads, world, ref, secret, cluster))
    return cluster_without_endpoints(ref);
  const xds::Fragment* filter = nullptr;
  if (!ref.credential.name.empty()) {
    const RouteFilterModel* model = world.route_filter_models.get(reads, ref.credential);
    if (model == nullptr || model->filter == nullptr) return cluster_without_endpoints(ref);
    filter = model->filter.get();
  }
  cluster.mutable_connect_timeout()->set_seconds(kConnectTimeoutSeconds);
  cluster.mutable_per_connection_buffer_limit_bytes()->set_value(kConnectionBuffer);
  cluster.set_lb_policy(cluster_v3::Cluster::LEAST_REQUEST);
  cluster.mutable_circuit_breakers()->add_thresholds()->mutable_max_retries()->set_value(1024);
  write_protocol(ref.protocol, filter, cluster);
  if (ref.is_group()) write_shares(ref, cluster);
  if (ref.https) write_server_tls(ref.host, world.options.system_cas, cluster);
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

}  // namespace

std::shared_ptr<const xds::Fragment> cluster_without_endpoints(const ClusterRef& ref) {
  return xds::fragment_of(static_cluster(ref.text()));
}

std::shared_ptr<const xds::Fragment> build_sds_cluster(const std::string& socket) {
  cluster_v3::Cluster cluster = static_cluster(sds_cluster(socket));
  auto* endpoint = cluster.mutable_load_assignment()->add_endpoints()->add_lb_endpoints();
  endpoint->mutable_endpoint()->mutable_address()->mutable_pipe()->set_path(socket);
  write_protocol(BackendProtocol::kHttp2, nullptr, cluster);
  return xds::fragment_of(cluster);
}

bool speaks_tls(const xds::Fragment& cluster) {
  cluster_v3::Cluster message;
  if (!message.ParseFromString(xds::serialise(cluster))) return false;
  const auto& matches = message.transport_socket_matches();
  return features::is_tls(message.transport_socket()) ||
         std::any_of(matches.begin(), matches.end(),
                     [](const auto& match) { return features::is_tls(match.transport_socket()); });
}

std::shared_ptr<const xds::Fragment> build_cluster(flow::Reads& reads, World& world,
                                                   const ClusterRef& ref) {
  return build(reads, world, ref, nullptr);
}

std::shared_ptr<const xds::Fragment> cluster_of_proxy(flow::Reads& reads, World& world,
                                                      const ProxyCluster& key) {
  auto shared = world.clusters.share(reads, key.cluster);
  const ClientCertificate* shown = world.client_certificates.get(reads, key.proxy);
  if (shared == nullptr || shown == nullptr || !takes_tls_somewhere(reads, world, key.cluster))
    return shared;
  return shown->usable.ok ? build(reads, world, key.cluster, &shown->secret)
                          : cluster_without_endpoints(key.cluster);
}

}  // namespace limen::translate

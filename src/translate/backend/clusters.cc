#include <envoy/config/cluster/v3/cluster.pb.h>
#include <envoy/extensions/filters/http/upstream_codec/v3/upstream_codec.pb.h>
#include <envoy/extensions/transport_sockets/tls/v3/tls.pb.h>
#include <envoy/extensions/upstreams/http/v3/http_protocol_options.pb.h>

#include "features/features.h"
#include "translate/backend/rules.h"
#include "translate/policy/rules.h"
#include "translate/sds.h"

namespace limen::translate {
namespace {

namespace cluster_v3 = envoy::config::cluster::v3;

constexpr int kConnectTimeoutSeconds = 10;
constexpr uint32_t kConnectionBuffer = 32768;

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

void add_dns_host(const std::string& hostname, int32_t port, cluster_v3::Cluster& out) {
  out.set_type(cluster_v3::Cluster::STRICT_DNS);
  out.set_dns_lookup_family(cluster_v3::Cluster::V4_PREFERRED);
  out.mutable_dns_refresh_rate()->set_seconds(30);
  out.set_respect_dns_ttl(true);
  auto* assignment = out.mutable_load_assignment();
  assignment->set_cluster_name(out.name());
  auto* locality = assignment->endpoints_size() > 0 ? assignment->mutable_endpoints(0)
                                                    : assignment->add_endpoints();
  auto* address =
      locality->add_lb_endpoints()->mutable_endpoint()->mutable_address()->mutable_socket_address();
  address->set_address(hostname);
  address->set_port_value(static_cast<uint32_t>(port));
}

// `secret`: the certificate that is shown.  Without ALPN a server speaks HTTP/1.1, or
// whatever else the port is for.
void write_tls(const xds::Fragment& settings, BackendProtocol protocol, const SdsSecret* secret,
               cluster_v3::Cluster& out) {
  envoy::extensions::transport_sockets::tls::v3::UpstreamTlsContext context;
  context.ParseFromString(xds::serialise(settings));
  if (protocol == BackendProtocol::kHttp2)
    context.mutable_common_tls_context()->add_alpn_protocols("h2");
  if (secret != nullptr) {
    write_sds(*secret,
              *context.mutable_common_tls_context()->add_tls_certificate_sds_secret_configs());
  }
  auto* socket = out.mutable_transport_socket();
  socket->set_name("envoy.transport_sockets.tls");
  socket->mutable_typed_config()->PackFrom(context);
}

void write_server_tls(const std::string& host, const std::string& system_cas,
                      cluster_v3::Cluster& out) {
  envoy::extensions::transport_sockets::tls::v3::UpstreamTlsContext context;
  features::write_server_tls(host, system_cas, context);
  auto* socket = out.mutable_transport_socket();
  socket->set_name("envoy.transport_sockets.tls");
  socket->mutable_typed_config()->PackFrom(context);
}

// False: the backend is gone.
bool write_discovery(flow::Reads& reads, World& world, const ClusterRef& ref,
                     cluster_v3::Cluster& out) {
  if (ref.is_server()) {
    add_dns_host(ref.host, ref.port, out);
    return true;
  }
  if (ref.kind == api::Kind::kService) {
    const api::Service* service = world.services.get(reads, ref.object);
    if (service == nullptr) return false;
    if (service->spec.type == "ExternalName") {
      add_dns_host(service->spec.external_name, ref.port, out);
    } else {
      write_eds(out);
    }
    return true;
  }
  const api::Backend* backend = world.backends.get(reads, ref.object);
  if (backend == nullptr) return false;
  for (const auto& endpoint : backend->spec.endpoints) {
    if (endpoint.fqdn) add_dns_host(endpoint.fqdn->hostname, endpoint.fqdn->port, out);
  }
  if (!out.has_load_assignment()) write_eds(out);
  return true;
}

std::shared_ptr<const xds::Fragment> build(flow::Reads& reads, World& world, const ClusterRef& ref,
                                           const SdsSecret* secret) {
  cluster_v3::Cluster cluster;
  cluster.set_name(ref.text());
  if (!write_discovery(reads, world, ref, cluster)) return nullptr;
  const BackendTls* tls = tls_of(reads, world, ref);
  if (tls != nullptr && tls->context == nullptr) return cluster_without_endpoints(ref);
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
  if (tls != nullptr) write_tls(*tls->context, ref.protocol, secret, cluster);
  if (ref.https) write_server_tls(ref.host, world.options.system_cas, cluster);
  return xds::fragment_of(cluster);
}

}  // namespace

std::shared_ptr<const xds::Fragment> cluster_without_endpoints(const ClusterRef& ref) {
  cluster_v3::Cluster cluster;
  cluster.set_name(ref.text());
  cluster.set_type(cluster_v3::Cluster::STATIC);
  cluster.mutable_connect_timeout()->set_seconds(kConnectTimeoutSeconds);
  cluster.mutable_load_assignment()->set_cluster_name(cluster.name());
  return xds::fragment_of(cluster);
}

bool speaks_tls(const xds::Fragment& cluster) {
  cluster_v3::Cluster message;
  return message.ParseFromString(xds::serialise(cluster)) && message.has_transport_socket();
}

std::shared_ptr<const xds::Fragment> build_cluster(flow::Reads& reads, World& world,
                                                   const ClusterRef& ref) {
  return build(reads, world, ref, nullptr);
}

std::shared_ptr<const xds::Fragment> cluster_of_proxy(flow::Reads& reads, World& world,
                                                      const ProxyCluster& key) {
  auto shared = world.clusters.share(reads, key.cluster);
  const ClientCertificate* shown = world.client_certificates.get(reads, key.proxy);
  if (shared == nullptr || shown == nullptr || tls_of(reads, world, key.cluster) == nullptr)
    return shared;
  return shown->usable.ok ? build(reads, world, key.cluster, &shown->secret)
                          : cluster_without_endpoints(key.cluster);
}

}  // namespace limen::translate

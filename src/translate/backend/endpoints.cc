#include <envoy/config/endpoint/v3/endpoint.pb.h>

#include <algorithm>

#include "features/cluster_settings.h"
#include "translate/backend/rules.h"
#include "translate/backend/settings.h"
#include "translate/backend/transport.h"
#include "translate/policy/rules.h"

namespace limen::translate {
namespace {

using envoy::config::endpoint::v3::ClusterLoadAssignment;
using envoy::config::endpoint::v3::LocalityLbEndpoints;

void add_address(const std::string& address, int32_t port, bool draining,
                 LocalityLbEndpoints& out) {
  auto* endpoint = out.add_lb_endpoints();
  auto* socket = endpoint->mutable_endpoint()->mutable_address()->mutable_socket_address();
  socket->set_address(address);
  socket->set_port_value(static_cast<uint32_t>(port));
  endpoint->mutable_load_balancing_weight()->set_value(1);
  if (draining) endpoint->set_health_status(envoy::config::core::v3::DRAINING);
}

// Absent conditions mean ready; a terminating endpoint that still serves keeps its streams and gets
// no new ones.
void add_endpoint(const api::Endpoint& endpoint, int32_t port, LocalityLbEndpoints& out) {
  const bool ready = endpoint.conditions.ready.value_or(true);
  const bool terminating = endpoint.conditions.terminating.value_or(false);
  if (!ready && !(terminating && endpoint.conditions.serving.value_or(false))) return;
  for (const std::string& address : endpoint.addresses)
    add_address(address, port, terminating, out);
}

void add_slice(const api::EndpointSlice& slice, const api::ServicePort& of,
               LocalityLbEndpoints& out) {
  if (slice.address_type == "FQDN") return;
  const auto port = std::find_if(slice.ports.begin(), slice.ports.end(), [&](const auto& p) {
    return p.name == of.name && p.protocol == of.protocol;
  });
  if (port == slice.ports.end() || !port->port) return;
  for (const api::Endpoint& endpoint : slice.endpoints) add_endpoint(endpoint, *port->port, out);
}

bool add_service(flow::Reads& reads, World& world, const ClusterRef& ref,
                 LocalityLbEndpoints& out) {
  const api::Service* service = world.services.get(reads, ref.object);
  if (service == nullptr || service->spec.type == "ExternalName") return false;
  const auto& ports = service->spec.ports;
  const std::string_view protocol = ref.protocol == BackendProtocol::kUdp ? "UDP" : "TCP";
  const auto port = std::find_if(ports.begin(), ports.end(), [&](const auto& p) {
    return p.port == ref.port && p.protocol == protocol;
  });
  if (port == ports.end()) return false;
  for (const auto& [key, slice] : world.slices_of.get(reads, ref.object))
    add_slice(slice, *port, out);
  return true;
}

bool add_backend(flow::Reads& reads, World& world, const ClusterRef& ref,
                 LocalityLbEndpoints& out) {
  const api::Backend* backend = world.backends.get(reads, ref.object);
  if (backend == nullptr) return false;
  for (const auto& endpoint : backend->spec.endpoints) {
    if (endpoint.fqdn) return false;
    if (endpoint.ip) add_address(endpoint.ip->address, endpoint.ip->port, false, out);
    if (endpoint.unix_socket) {
      auto* entry = out.add_lb_endpoints();
      entry->mutable_endpoint()->mutable_address()->mutable_pipe()->set_path(
          endpoint.unix_socket->path);
      entry->mutable_load_balancing_weight()->set_value(1);
    }
    if (endpoint.hostname)
      out.mutable_lb_endpoints()->rbegin()->mutable_endpoint()->set_hostname(*endpoint.hostname);
  }
  return true;
}

}  // namespace

bool add_endpoints(flow::Reads& reads, World& world, const ClusterRef& ref,
                   LocalityLbEndpoints& out) {
  return ref.kind == api::Kind::kService ? add_service(reads, world, ref, out)
                                         : add_backend(reads, world, ref, out);
}

void write_locality(const ClusterRef& cluster, const ClusterMember& member, bool tls,
                    LocalityLbEndpoints& out) {
  out.mutable_load_balancing_weight()->set_value(member.weight);
  if (!cluster.is_group()) return;
  const std::string name = member.ref.text();
  out.mutable_locality()->set_region(name);
  out.set_priority(member.fallback ? 1 : 0);
  if (!tls) return;
  for (auto& endpoint : *out.mutable_lb_endpoints()) {
    auto& fields = (*endpoint.mutable_metadata()->mutable_filter_metadata())[kTransportSocketMatch];
    (*fields.mutable_fields())[kMember].set_string_value(name);
  }
}

std::shared_ptr<const xds::Fragment> build_endpoints(flow::Reads& reads, World& world,
                                                     const ClusterRef& ref) {
  if (ref.is_server()) return nullptr;
  ClusterLoadAssignment assignment;
  assignment.set_cluster_name(ref.text());
  for (const ClusterMember& member : members_of(ref)) {
    const BackendTls* tls = tls_of(reads, world, member.ref);
    const bool closed = is_closed(tls, ref);
    if (closed && ref.is_group()) continue;
    LocalityLbEndpoints locality;
    if (closed || !add_endpoints(reads, world, member.ref, locality)) return nullptr;
    write_locality(ref, member, tls != nullptr, locality);
    if (locality.lb_endpoints_size() > 0) *assignment.add_endpoints() = std::move(locality);
  }
  if (const auto settings = settings_of(ref))
    features::write_endpoint_settings(*settings, assignment);
  return xds::fragment_of(assignment);
}

std::shared_ptr<const xds::Fragment> endpoints_of_proxy(flow::Reads& reads, World& world,
                                                        const ProxyCluster& key) {
  const ProxyTls* proxy = world.proxy_tls.get(reads, key.proxy);
  if (proxy != nullptr && !can_speak_tls(reads, world, *proxy, key.cluster)) return nullptr;
  return world.endpoints.share(reads, key.cluster);
}

}  // namespace limen::translate

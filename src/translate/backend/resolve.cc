#include "translate/backend/resolve.h"

#include <fmt/format.h>

#include <algorithm>

#include "features/cluster_settings.h"
#include "translate/backend/settings.h"
#include "translate/policy/rules.h"

namespace limen::translate {
namespace {

ResolvedBackend failed(Text reason, Text message) {
  return {Verdict::no(std::move(reason), std::move(message)), {}};
}

ResolvedBackend resolve_service(flow::Reads& reads, World& world, const ObjectKey& key,
                                const std::optional<int32_t>& port, Transport transport) {
  const BackendTarget* service = world.service_targets.get(reads, key);
  if (service == nullptr)
    return failed("BackendNotFound", fmt::format("Service {} does not exist", key.text()));
  if (!port)
    return failed("PortNotSpecified",
                  fmt::format("the backendRef to Service {} needs a port", key.text()));
  const auto it = std::find_if(service->ports.begin(), service->ports.end(), [&](const auto& p) {
    return p.port == *port && p.transport == transport;
  });
  if (it == service->ports.end())
    return failed("PortNotFound", fmt::format("Service {} has no {} port {}", key.text(),
                                              transport == Transport::kUdp ? "UDP" : "TCP", *port));
  return {{}, {.object = key, .port = *port, .protocol = it->protocol}};
}

ResolvedBackend resolve_own(flow::Reads& reads, World& world, const ObjectKey& key,
                            Transport transport) {
  const BackendTarget* backend = world.backend_targets.get(reads, key);
  if (backend == nullptr)
    return failed("BackendNotFound", fmt::format("Backend {} does not exist", key.text()));
  if (!backend->usable.ok) return {backend->usable, {}};
  if (transport == Transport::kUdp && backend->tls)
    return failed("UnsupportedProtocol",
                  fmt::format("Backend {} asks for TLS (spec.tls), which datagrams do not carry",
                              key.text()));
  if (transport == Transport::kUdp && backend->unix_socket)
    return failed(
        "UnsupportedProtocol",
        fmt::format("Backend {} has an endpoint that is a Unix socket, where no datagrams "
                    "can be sent to",
                    key.text()));
  return {
      {},
      {.kind = api::Kind::kBackend, .object = key, .protocol = backend->ports.front().protocol}};
}

// What the kind of the route decides, whatever an appProtocol says.
BackendProtocol protocol_for(api::Kind route, BackendProtocol declared) {
  if (route == api::Kind::kGrpcRoute) return BackendProtocol::kHttp2;
  if (route == api::Kind::kUdpRoute) return BackendProtocol::kUdp;
  return route == api::Kind::kHttpRoute ? declared : BackendProtocol::kHttp1;
}

ResolvedBackend resolve(flow::Reads& reads, World& world, const Referrer& from, Transport transport,
                        const api::BackendObjectReference& ref) {
  const bool is_service = ref.group.empty() && ref.kind == "Service";
  const bool is_own = ref.group == api::kEnvoyGroup && ref.kind == "Backend";
  if (!is_service && !is_own) {
    return failed(
        "InvalidKind",
        fmt::format("a backendRef must name a Service or a Backend, not a {} of group '{}'",
                    ref.kind, ref.group));
  }
  const ObjectKey key{ref.name_space.value_or(std::string(from.name_space)), ref.name};
  if (!may_refer(reads, world, from, ref.group, ref.kind, key)) {
    return failed(
        "RefNotPermitted",
        fmt::format("{} {}: no ReferenceGrant in namespace {} lets {}s of namespace {} refer to it",
                    ref.kind, key.text(), key.name_space, from.kind, from.name_space));
  }
  return is_service ? resolve_service(reads, world, key, ref.port, transport)
                    : resolve_own(reads, world, key, transport);
}

}  // namespace

ResolvedBackend resolve_backend(flow::Reads& reads, World& world, const RouteKey& from,
                                const api::BackendObjectReference& ref) {
  const Referrer referrer{api::kGatewayGroup, api::info(from.kind).name, from.object.name_space};
  const Transport transport = from.kind == api::Kind::kUdpRoute ? Transport::kUdp : Transport::kTcp;
  ResolvedBackend backend = resolve(reads, world, referrer, transport, ref);
  backend.cluster.protocol = protocol_for(from.kind, backend.cluster.protocol);
  return backend;
}

ResolvedBackend resolve_auth_service(flow::Reads& reads, World& world, const Referrer& from,
                                     const api::BackendObjectReference& ref, bool grpc) {
  ResolvedBackend service = resolve(reads, world, from, Transport::kTcp, ref);
  if (grpc) service.cluster.protocol = BackendProtocol::kHttp2;
  return service;
}

Verdict check_server_name(flow::Reads& reads, World& world, const ClusterRef& cluster) {
  for (const ClusterMember& member : members_of(cluster)) {
    if (names_no_server(reads, world, member.ref))
      return Verdict::no(
          kInvalidBackendTls,
          fmt::format("Backend {}: spec.tls says of no name that its certificate must have it, and "
                      "here no request's Host does: set sni or autoSNIFromEndpointHostname, or add "
                      "a BackendTLSPolicy",
                      member.ref.object.text()));
  }
  return {};
}

ResolvedBackend resolve_auth_service(flow::Reads& reads, World& world, const Referrer& from,
                                     const api::HttpExternalAuthFilter& filter) {
  ResolvedBackend service = resolve_auth_service(
      reads, world, from, filter.backend_ref, filter.protocol == api::ExternalAuthProtocol::kGrpc);
  if (service.verdict.ok) service.verdict = check_server_name(reads, world, service.cluster);
  return service;
}

namespace {

void add_member(ClusterMember member, std::vector<ClusterMember>& members) {
  for (ClusterMember& other : members) {
    if (other.ref != member.ref || other.fallback != member.fallback) continue;
    other.weight += member.weight;
    return;
  }
  members.push_back(std::move(member));
}

ResolvedService resolve_refs(flow::Reads& reads, World& world, const Referrer& from,
                             const api::BackendCluster& service, bool grpc) {
  if (service.backend_refs.empty() && service.backend_ref)
    return {resolve_auth_service(reads, world, from, *service.backend_ref, grpc), ".backendRef",
            service.backend_ref->name.str()};
  std::vector<ClusterMember> members;
  std::string name;
  for (size_t i = 0; i < service.backend_refs.size(); ++i) {
    const api::FallbackBackendRef& ref = service.backend_refs[i];
    const std::string field = fmt::format(".backendRefs[{}]", i);
    ResolvedBackend backend = resolve_auth_service(reads, world, from, ref.ref, grpc);
    if (backend.verdict.ok && !members.empty() &&
        members[0].ref.protocol != backend.cluster.protocol)
      backend = failed("Invalid", "speaks another protocol than the backends before it");
    if (!backend.verdict.ok) return {std::move(backend), field, {}};
    if (ref.weight == 0) continue;
    if (members.empty()) name = ref.ref.name.str();
    add_member({backend.cluster, static_cast<uint32_t>(ref.weight), ref.fallback}, members);
  }
  if (members.empty())
    return {failed("Invalid", service.backend_refs.empty() ? "is empty" : "all have weight 0"),
            ".backendRefs",
            {}};
  const ClusterRef cluster = join(members);
  const Verdict named = cluster.is_group() ? check_server_name(reads, world, cluster) : Verdict();
  return {{named, cluster}, ".backendRefs", name};
}

}  // namespace

ResolvedService resolve_service(flow::Reads& reads, World& world, const Referrer& from,
                                const api::BackendCluster& service, bool grpc) {
  return with_settings(resolve_refs(reads, world, from, service, grpc), service);
}

ResolvedService with_settings(ResolvedService service, const api::BackendCluster& from) {
  ResolvedBackend& backend = service.backend;
  if (!backend.verdict.ok || !from.backend_settings) return service;
  const bool http2 = backend.cluster.protocol == BackendProtocol::kHttp2;
  const Problems problems = features::check_cluster_settings(
      *from.backend_settings,
      http2 ? features::BackendHttp::kHttp2 : features::BackendHttp::kHttp1);
  if (!problems.empty())
    return {failed("Invalid", problems[0].message), kBackendSettings + problems[0].path, {}};
  backend.cluster.settings = settings_text(*from.backend_settings);
  return service;
}

ResolvedBackend resolve_server(const World& world, const Url& url) {
  if (url.https && world.options.system_cas.empty())
    return failed("Invalid", "this machine has no file of CAs that it trusts");
  ClusterRef cluster;
  cluster.host = url.host;
  cluster.port = url.port;
  cluster.https = url.https;
  return {{}, cluster};
}

}  // namespace limen::translate

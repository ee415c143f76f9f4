#include "translate/backend/resolve.h"

#include <fmt/format.h>

#include <algorithm>

#include "translate/grants.h"

namespace limen::translate {
namespace {

ResolvedBackend failed(const char* reason, const std::string& message) {
  return {Verdict::no(reason, message), {}};
}

ResolvedBackend resolve_service(flow::Reads& reads, World& world, const ObjectKey& key,
                                const std::optional<int32_t>& port) {
  const BackendTarget* service = world.service_targets.get(reads, key);
  if (service == nullptr)
    return failed("BackendNotFound", fmt::format("Service {} does not exist", key.text()));
  if (!port)
    return failed("PortNotSpecified",
                  fmt::format("the backendRef to Service {} needs a port", key.text()));
  const auto it = std::find_if(service->ports.begin(), service->ports.end(),
                               [&](const auto& p) { return p.port == *port; });
  if (it == service->ports.end())
    return failed("PortNotFound", fmt::format("Service {} has no TCP port {}", key.text(), *port));
  return {{}, {api::Kind::kService, key, *port, it->protocol}};
}

ResolvedBackend resolve_own(flow::Reads& reads, World& world, const ObjectKey& key) {
  const BackendTarget* backend = world.backend_targets.get(reads, key);
  if (backend == nullptr)
    return failed("BackendNotFound", fmt::format("Backend {} does not exist", key.text()));
  if (!backend->usable.ok) return {backend->usable, {}};
  return {{}, {api::Kind::kBackend, key, 0, backend->ports.front().protocol}};
}

}  // namespace

ResolvedBackend resolve_backend(flow::Reads& reads, World& world, const RouteKey& from,
                                const api::BackendObjectReference& ref) {
  const bool is_service = ref.group.empty() && ref.kind == "Service";
  const bool is_own = ref.group == api::kEnvoyGroup && ref.kind == "Backend";
  if (!is_service && !is_own) {
    return failed(
        "InvalidKind",
        fmt::format("a backendRef must name a Service or a Backend, not a {} of group '{}'",
                    ref.kind, ref.group));
  }
  const std::string_view kind = api::info(from.kind).name;
  const Text& name_space = from.object.name_space;
  const ObjectKey key{ref.name_space.value_or(name_space), ref.name};
  if (!may_refer(reads, world, {api::kGatewayGroup, kind, name_space}, ref.group, ref.kind, key)) {
    return failed(
        "RefNotPermitted",
        fmt::format("{} {}: no ReferenceGrant in namespace {} lets {}s of namespace {} refer to it",
                    ref.kind, key.text(), key.name_space, kind, name_space));
  }
  ResolvedBackend backend =
      is_service ? resolve_service(reads, world, key, ref.port) : resolve_own(reads, world, key);
  // gRPC is HTTP/2, with or without an appProtocol that says so.
  if (from.kind == api::Kind::kGrpcRoute) backend.cluster.protocol = BackendProtocol::kHttp2;
  return backend;
}

}  // namespace limen::translate

#include "translate/backend/resolve.h"

#include <fmt/format.h>

#include <algorithm>

#include "translate/grants.h"

namespace limen::translate {
namespace {

ResolvedBackend failed(std::string reason, std::string message) {
  return {Verdict::no(std::move(reason), std::move(message)), {}};
}

// Service.spec.ports[].appProtocol.  Source: GEP-1911.
BackendProtocol protocol_of(const std::optional<std::string>& app_protocol) {
  if (app_protocol == "kubernetes.io/h2c" || app_protocol == "gateway.envoyproxy.io/h2c" ||
      app_protocol == "grpc") {
    return BackendProtocol::kHttp2;
  }
  if (app_protocol == "kubernetes.io/ws" || app_protocol == "gateway.envoyproxy.io/ws")
    return BackendProtocol::kWebSocket;
  return BackendProtocol::kHttp1;
}

ResolvedBackend resolve_service(flow::Reads& reads, World& world, const ObjectKey& key,
                                const std::optional<int32_t>& port) {
  const api::Service* service = world.services.get(reads, key);
  if (service == nullptr)
    return failed("BackendNotFound", fmt::format("Service {} does not exist", key.text()));
  if (!port)
    return failed("PortNotSpecified",
                  fmt::format("the backendRef to Service {} needs a port", key.text()));
  const auto& ports = service->spec.ports;
  const auto it = std::find_if(ports.begin(), ports.end(), [&](const auto& p) {
    return p.port == *port && p.protocol == "TCP";
  });
  if (it == ports.end())
    return failed("PortNotFound", fmt::format("Service {} has no TCP port {}", key.text(), *port));
  return {{}, {api::Kind::kService, key, *port, protocol_of(it->app_protocol)}};
}

ResolvedBackend resolve_own(flow::Reads& reads, World& world, const ObjectKey& key) {
  const api::Backend* backend = world.backends.get(reads, key);
  if (backend == nullptr)
    return failed("BackendNotFound", fmt::format("Backend {} does not exist", key.text()));
  if (backend->spec.type != api::BackendType::kEndpoints) {
    return failed("UnsupportedValue",
                  fmt::format("Backend {}: type DynamicResolver is not supported yet", key.text()));
  }
  if (backend->spec.endpoints.empty()) {
    return failed("InvalidBackendRef", fmt::format("Backend {} has no endpoints", key.text()));
  }
  std::optional<std::string> app_protocol;
  if (!backend->spec.app_protocols.empty()) app_protocol = backend->spec.app_protocols.front();
  return {{}, {api::Kind::kBackend, key, 0, protocol_of(app_protocol)}};
}

}  // namespace

ResolvedBackend resolve_backend(flow::Reads& reads, World& world, const std::string& from,
                                const api::BackendObjectReference& ref) {
  const bool is_service = ref.group.empty() && ref.kind == "Service";
  const bool is_own = ref.group == api::kEnvoyGroup && ref.kind == "Backend";
  if (!is_service && !is_own) {
    return failed(
        "InvalidKind",
        fmt::format("a backendRef must name a Service or a Backend, not a {} of group '{}'",
                    ref.kind, ref.group));
  }
  const ObjectKey key{ref.name_space.value_or(from), ref.name};
  if (!may_refer(reads, world, {api::kGatewayGroup, "HTTPRoute", from}, ref.group, ref.kind, key)) {
    return failed(
        "RefNotPermitted",
        fmt::format(
            "{} {}: no ReferenceGrant in namespace {} lets HTTPRoutes of namespace {} refer to it",
            ref.kind, key.text(), key.name_space, from));
  }
  return is_service ? resolve_service(reads, world, key, ref.port) : resolve_own(reads, world, key);
}

}  // namespace limen::translate

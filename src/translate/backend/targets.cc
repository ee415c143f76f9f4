// What a route needs to know of a Service or Backend.  Their endpoints are not part of it, so a
// changed endpoint runs no route again.
#include <fmt/format.h>

#include <algorithm>

#include "translate/backend/closed_paths.h"
#include "translate/backend/rules.h"

namespace limen::translate {
namespace {

// Service.spec.ports[].appProtocol.  Source: GEP-1911.
BackendProtocol protocol_of(const std::optional<std::string>& app_protocol) {
  if (app_protocol == "kubernetes.io/h2c" || app_protocol == "gateway.envoyproxy.io/h2c" ||
      app_protocol == "grpc") {
    return BackendProtocol::kHttp2;
  }
  if (app_protocol == "kubernetes.io/ws" || app_protocol == "kubernetes.io/wss" ||
      app_protocol == "gateway.envoyproxy.io/ws" || app_protocol == "gateway.envoyproxy.io/wss") {
    return BackendProtocol::kWebSocket;
  }
  return BackendProtocol::kHttp1;
}

// Why nothing may be sent to it.
Verdict usable_of(const Options& options, const ObjectKey& key, const api::BackendSpec& spec) {
  if (spec.type != api::BackendType::kEndpoints)
    return Verdict::no(
        "UnsupportedValue",
        fmt::format("Backend {}: type DynamicResolver is not supported yet", key.text()));
  if (spec.endpoints.empty())
    return Verdict::no("InvalidBackendRef", fmt::format("Backend {} has no endpoints", key.text()));
  for (size_t i = 0; i < spec.endpoints.size(); ++i) {
    const auto& socket = spec.endpoints[i].unix_socket;
    if (socket && is_closed_path(options.closed_folders, socket->path))
      return Verdict::no(
          "UnsupportedValue",
          fmt::format("Backend {}: spec.endpoints[{}].unix.path: {} may be a socket of Limen's or "
                      "Envoy's own, to which nothing is routed",
                      key.text(), i, socket->path));
  }
  return {};
}

}  // namespace

std::shared_ptr<const BackendTarget> target_of_service(flow::Reads& reads, World& world,
                                                       const ObjectKey& key) {
  const api::Service* service = world.services.get(reads, key);
  if (service == nullptr) return nullptr;
  auto target = std::make_shared<BackendTarget>();
  for (const api::ServicePort& port : service->spec.ports) {
    if (port.protocol == "TCP")
      target->ports.push_back({port.port, protocol_of(port.app_protocol), Transport::kTcp});
    if (port.protocol == "UDP")
      target->ports.push_back({port.port, BackendProtocol::kUdp, Transport::kUdp});
  }
  return target;
}

std::shared_ptr<const BackendTarget> target_of_backend(flow::Reads& reads, World& world,
                                                       const ObjectKey& key) {
  const api::Backend* backend = world.backends.get(reads, key);
  if (backend == nullptr) return nullptr;
  auto target = std::make_shared<BackendTarget>();
  const api::BackendSpec& spec = backend->spec;
  target->usable = usable_of(world.options, key, spec);
  std::optional<std::string> app_protocol;
  if (!spec.app_protocols.empty()) app_protocol = spec.app_protocols.front();
  target->ports.push_back({0, protocol_of(app_protocol), Transport::kTcp});
  target->unix_socket =
      std::any_of(spec.endpoints.begin(), spec.endpoints.end(),
                  [](const auto& endpoint) { return endpoint.unix_socket.has_value(); });
  target->tls = spec.tls.has_value();
  target->names_no_server = spec.tls && spec.tls->names_no_server();
  return target;
}

}  // namespace limen::translate

// What a route needs to know of a Service or Backend.  Their endpoints are not part of it, so a
// changed endpoint runs no route again.
#include <fmt/format.h>

#include <algorithm>

#include "translate/backend/rules.h"

namespace limen::translate {
namespace {

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
  if (spec.type != api::BackendType::kEndpoints) {
    target->usable = Verdict::no(
        "UnsupportedValue",
        fmt::format("Backend {}: type DynamicResolver is not supported yet", key.text()));
  } else if (spec.endpoints.empty()) {
    target->usable =
        Verdict::no("InvalidBackendRef", fmt::format("Backend {} has no endpoints", key.text()));
  }
  std::optional<std::string> app_protocol;
  if (!spec.app_protocols.empty()) app_protocol = spec.app_protocols.front();
  target->ports.push_back({0, protocol_of(app_protocol), Transport::kTcp});
  target->unix_socket =
      std::any_of(spec.endpoints.begin(), spec.endpoints.end(),
                  [](const auto& endpoint) { return endpoint.unix_socket.has_value(); });
  return target;
}

}  // namespace limen::translate

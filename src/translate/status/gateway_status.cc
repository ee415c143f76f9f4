#include <fmt/format.h>

#include <algorithm>

#include "translate/route/rules.h"
#include "translate/status/rules.h"

namespace limen::translate {
namespace {

Verdict refused(const ResourceName& name, const std::string& message) {
  return Verdict::no(
      "Invalid",
      fmt::format("Envoy refuses {}: {}; the last good one stays in force", name.name, message));
}

// Whether Envoy refuses something that the listener is made of.
Verdict envoy_verdict(flow::Reads& reads, World& world, const std::string& proxy,
                      const ListenerModel& listener) {
  std::vector<ResourceName> parts;
  for (const std::string& secret : listener.secrets)
    parts.push_back({proxy, xds::ResourceType::kSecret, secret});
  const ProxyModel* model = world.proxies.get(reads, proxy);
  for (const PortModel& port : model == nullptr ? std::vector<PortModel>() : model->ports) {
    if (port.port != listener.port) continue;
    parts.push_back({proxy, xds::ResourceType::kListener, port.name});
    parts.push_back(
        {proxy, xds::ResourceType::kRouteConfiguration, route_configuration_of(port, listener)});
  }
  for (const ResourceName& part : parts) {
    const Refusal* refusal = world.refusals.get(reads, part);
    if (refusal != nullptr) return refused(part, refusal->message);
  }
  return {};
}

Verdict programmed_verdict(flow::Reads& reads, World& world, const std::string& proxy,
                           const ListenerModel& listener) {
  if (!listener.programmed.ok) return listener.programmed;
  if (!listener.accepted.ok) return Verdict::no("Invalid", "the listener is not accepted");
  if (!listener.conflicted.ok)
    return Verdict::no("Invalid", "the listener conflicts with another one");
  return envoy_verdict(reads, world, proxy, listener);
}

api::ListenerStatus listener_status(flow::Reads& reads, World& world, const std::string& proxy,
                                    const ListenerModel& listener, int64_t generation) {
  api::ListenerStatus status;
  status.name = listener.name;
  for (const std::string& kind : listener.kinds)
    status.supported_kinds.push_back({api::kGatewayGroup, kind});
  status.attached_routes = static_cast<int32_t>(
      world.attached_to.get(reads, {listener.gateway.text(), listener.name}).size());

  const Verdict accepted = listener.conflicted.ok ? listener.accepted : listener.conflicted;
  status.conditions.push_back(
      condition("Accepted", accepted, "Accepted", "the listener is accepted", generation));
  status.conditions.push_back(
      condition("Programmed", programmed_verdict(reads, world, proxy, listener), "Programmed",
                "the configuration is sent to the proxies", generation));
  status.conditions.push_back(condition("ResolvedRefs", listener.resolved_refs, "ResolvedRefs",
                                        "all references are resolved", generation));
  api::Condition conflicted = condition("Conflicted", listener.conflicted, "NoConflicts",
                                        "no other listener is in conflict", generation);
  conflicted.status =
      listener.conflicted.ok ? api::ConditionStatus::kFalse : api::ConditionStatus::kTrue;
  status.conditions.push_back(std::move(conflicted));
  return status;
}

Verdict programmed_verdict(flow::Reads& reads, World& world, const GatewayModel& gateway,
                           bool any_ready) {
  if (!gateway.accepted.ok) return Verdict::no("Invalid", "the Gateway is not accepted");
  if (!any_ready) return Verdict::no("Invalid", "no listener can be programmed");
  const ProxyState* state = world.proxy_states.get(reads, gateway.proxy);
  if (state == nullptr || state->message.empty()) return {};
  return Verdict::no(state->running ? "Invalid" : "NoResources", state->message);
}

}  // namespace

std::shared_ptr<const api::GatewayClassStatus> class_status(flow::Reads& reads, World& world,
                                                            const ObjectKey& key) {
  const ClassModel* model = world.classes.get(reads, key);
  const api::GatewayClass* object = world.gateway_classes.get(reads, key);
  if (model == nullptr || object == nullptr) return nullptr;
  auto status = std::make_shared<api::GatewayClassStatus>();
  status->conditions.push_back(condition("Accepted", model->accepted, "Accepted",
                                         "Valid GatewayClass", object->metadata.generation));
  return status;
}

std::shared_ptr<const api::GatewayStatus> gateway_status(flow::Reads& reads, World& world,
                                                         const ObjectKey& key) {
  const GatewayModel* gateway = world.gateways.get(reads, key);
  const api::Gateway* object = world.gateway_objects.get(reads, key);
  if (gateway == nullptr || object == nullptr) return nullptr;
  const int64_t generation = object->metadata.generation;
  const auto is_ready = [](const ListenerModel& listener) { return listener.ready(); };
  const auto& listeners = gateway->listeners;
  const bool any = std::any_of(listeners.begin(), listeners.end(), is_ready);
  const bool all = std::all_of(listeners.begin(), listeners.end(), is_ready);

  auto status = std::make_shared<api::GatewayStatus>();
  Verdict accepted = gateway->accepted;
  if (accepted.ok && !any) accepted = Verdict::no("ListenersNotValid", "no listener is valid");
  api::Condition condition_accepted =
      condition("Accepted", accepted, all ? "Accepted" : "ListenersNotValid",
                all ? "the Gateway is accepted" : "some listeners are not valid", generation);
  status->conditions.push_back(std::move(condition_accepted));
  const Verdict programmed = programmed_verdict(reads, world, *gateway, any);
  status->conditions.push_back(condition("Programmed", programmed, "Programmed",
                                         "the configuration is sent to the proxies", generation));
  const ProxyState* state = world.proxy_states.get(reads, gateway->proxy);
  if (gateway->accepted.ok && any && (state == nullptr || state->running)) {
    for (const std::string& address : world.options.addresses)
      status->addresses.push_back({"IPAddress", address, {}});
  }
  for (const ListenerModel& listener : listeners)
    status->listeners.push_back(
        listener_status(reads, world, gateway->proxy, listener, generation));
  return status;
}

}  // namespace limen::translate

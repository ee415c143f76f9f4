#include <fmt/format.h>

#include <algorithm>

#include "features/geo.h"
#include "features/jwt.h"
#include "translate/policy/rules.h"
#include "translate/route/rules.h"
#include "translate/status/rules.h"
#include "translate/status/supported_features.h"

namespace limen::translate {
namespace {

Verdict refused(const ResourceName& name, const std::string& message) {
  return Verdict::no(
      "Invalid",
      fmt::format("Envoy refuses {}: {}; the last good one stays in force", name.name, message));
}

PortKey port_of(const std::string& proxy, const ListenerModel& listener) {
  return {proxy, transport_of(listener.protocol), listener.port};
}

// Whether a ClientTrafficPolicy closes it.
Verdict policy_verdict(flow::Reads& reads, World& world, const std::string& proxy,
                       const ListenerModel& listener) {
  const PortPolicies* policies = world.port_policies.get(reads, port_of(proxy, listener));
  if (policies == nullptr) return {};
  const auto it = policies->listeners.find(listener.ir_name());
  if (it == policies->listeners.end()) return {};
  const ListenerPolicy& governing = it->second;
  if (!governing.closes_connections && !governing.closes_requests) return {};
  const ClientPolicy* policy = world.client_policies.get(reads, governing.policy);
  const Text& why = policy == nullptr || !governing.in_force.ok ? governing.in_force.message
                                                                : policy->accepted.message;
  return Verdict::no("Invalid",
                     fmt::format("ClientTrafficPolicy {}: {}", governing.policy.text(), why));
}

// Whether Envoy refuses something that the listener is made of.
Verdict envoy_verdict(flow::Reads& reads, World& world, const std::string& proxy,
                      const ListenerModel& listener) {
  std::vector<ResourceName> parts;
  for (const SdsSecret& secret : listener.secrets)
    parts.push_back({proxy, xds::ResourceType::kSecret, secret.name});
  if (!listener.client_ca.empty())
    parts.push_back({proxy, xds::ResourceType::kSecret, listener.client_ca.name});
  const ListenerRule rule = rule_of(reads, world, port_of(proxy, listener), listener.ir_name());
  if (rule.tls != nullptr && rule.tls->checks_clients())
    parts.push_back({proxy, xds::ResourceType::kSecret, client_checks_name(rule.policy)});
  parts.push_back({proxy, xds::ResourceType::kListener, listener.port_name});
  if (serves_http(listener.protocol)) {
    parts.push_back({proxy, xds::ResourceType::kRouteConfiguration, listener.route_configuration});
    parts.push_back({proxy, xds::ResourceType::kExtensionConfig,
                     features::jwt_filter(listener.route_configuration)});
    parts.push_back({proxy, xds::ResourceType::kExtensionConfig, features::kGeoFilter});
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
  if (!listener.conflicted.ok) return listener.conflicted;
  if (!listener.served()) return Verdict::no("Pending", "there is nothing that could serve it");
  if (Verdict verdict = policy_verdict(reads, world, proxy, listener); !verdict.ok) return verdict;
  return envoy_verdict(reads, world, proxy, listener);
}

api::ListenerStatus listener_status(flow::Reads& reads, World& world, const std::string& proxy,
                                    const ListenerModel& listener, int64_t generation) {
  api::ListenerStatus status;
  status.name = listener.name;
  for (const std::string& kind : listener.kinds)
    status.supported_kinds.push_back({api::kGatewayGroup, kind});
  status.attached_routes =
      static_cast<int32_t>(world.attached_to.get(reads, {proxy, listener.ir_name()}).size());

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
  if (!listener.overlapping_tls.ok) {
    api::Condition overlapping =
        condition("OverlappingTLSConfig", listener.overlapping_tls, "", "", generation);
    overlapping.status = api::ConditionStatus::kTrue;
    status.conditions.push_back(std::move(overlapping));
  }
  return status;
}

Verdict proxy_verdict(flow::Reads& reads, World& world, const std::string& proxy) {
  const ProxyState* state = world.proxy_states.get(reads, proxy);
  if (state == nullptr && world.options.platform == Platform::kKubernetes)
    return Verdict::no("Pending", "the proxies are being made");
  if (state == nullptr || state->message.empty()) return {};
  return Verdict::no(state->running ? "Invalid" : "NoResources", state->message);
}

// Gateway API allows so many.
constexpr size_t kMostAddresses = 16;

std::vector<api::GatewayStatusAddress> addresses_of(const World& world, const GatewayModel& gateway,
                                                    const ProxyState* state) {
  std::vector<api::GatewayStatusAddress> addresses;
  for (const std::string& address : gateway.addresses)
    addresses.push_back({"IPAddress", address, {}});
  if (world.options.platform == Platform::kHost) {
    if (state != nullptr && !state->running) addresses.clear();
    return addresses;
  }
  if (state == nullptr) return {};  // there is no Service that has them
  if (gateway.wants_any_address)
    addresses.insert(addresses.end(), state->addresses.begin(), state->addresses.end());
  if (gateway.wants_cluster_address) {
    for (const std::string& address : state->cluster_addresses)
      addresses.push_back({"IPAddress", address, "Cluster"});
  }
  if (addresses.size() > kMostAddresses) addresses.resize(kMostAddresses);
  return addresses;
}

struct Validity {
  bool any = false;  // a listener is valid
  bool all = false;
};

Validity validity_of(const std::vector<ListenerModel>& listeners) {
  const auto is_ready = [](const ListenerModel& listener) { return listener.ready(); };
  return {std::any_of(listeners.begin(), listeners.end(), is_ready),
          std::all_of(listeners.begin(), listeners.end(), is_ready)};
}

// Accepted, as Gateways and ListenerSets have it: True with some listeners, False without any.
api::Condition accepted_condition(Verdict verdict, Validity validity, const char* message,
                                  int64_t generation) {
  if (verdict.ok && !validity.any)
    verdict = Verdict::no("ListenersNotValid", "no listener is valid");
  return condition("Accepted", verdict, validity.all ? "Accepted" : "ListenersNotValid",
                   validity.all ? message : "some listeners are not valid", generation);
}

// Of TLS with backends, and what they are shown.
Verdict backend_tls_verdict(flow::Reads& reads, World& world, const GatewayModel& gateway) {
  if (!gateway.backend_tls.usable.ok) return gateway.backend_tls.usable;
  if (!gateway.backend_tls.client_certificate) return {};
  const ClientCertificate& certificate = *gateway.backend_tls.client_certificate;
  if (!certificate.usable.ok) return certificate.usable;
  const ResourceName secret{gateway.proxy, xds::ResourceType::kSecret, certificate.secret.name};
  const Refusal* refusal = world.refusals.get(reads, secret);
  if (refusal == nullptr) return {};
  return Verdict::no("InvalidClientCertificateRef", refused(secret, refusal->message).message);
}

// ResolvedRefs of the whole Gateway.
Verdict resolved_verdict(flow::Reads& reads, World& world, const GatewayModel& gateway) {
  if (Verdict tls = backend_tls_verdict(reads, world, gateway); !tls.ok) return tls;
  for (const ListenerModel& listener : gateway.listeners) {
    if (!listener.resolved_refs.ok) {
      return Verdict::no("ListenersNotResolved", fmt::format("listener {}: {}", listener.name,
                                                             listener.resolved_refs.message));
    }
  }
  return {};
}

// Said as long as it is so.  GEP-91.
void add_insecure_condition(const GatewayModel& gateway, int64_t generation,
                            std::vector<api::Condition>& out) {
  const auto& all = gateway.client_validations;
  if (std::none_of(all.begin(), all.end(), [](const auto& it) { return it.insecure; })) return;
  // Measured with Envoy 1.40: its SPIFFE validator knows no such mode.
  const bool of_agent = std::any_of(all.begin(), all.end(), [](const auto& it) {
    return it.insecure && !it.secret.empty() && !it.secret.is_ours();
  });
  out.push_back(condition(
      "InsecureFrontendValidationMode", {}, "ConfigurationChanged",
      fmt::format(
          "spec.tls.frontend: clients are let in whatever certificate they show, and without one "
          "(mode AllowInsecureFallback){}",
          of_agent
              ? "; not so where the SDS server gives CAs for Envoy's SPIFFE validator, as SPIRE "
                "does unless sds.disable_spiffe_cert_validation is set"
              : ""),
      generation));
}

Verdict programmed_verdict(flow::Reads& reads, World& world, const GatewayModel& gateway,
                           bool any_ready, bool has_address) {
  if (!gateway.accepted.ok) return Verdict::no("Invalid", "the Gateway is not accepted");
  if (!any_ready) return Verdict::no("Invalid", "no listener can be programmed");
  if (!gateway.addressed.ok) return gateway.addressed;
  Verdict verdict = proxy_verdict(reads, world, gateway.proxy);
  if (verdict.ok && !has_address && world.options.platform == Platform::kKubernetes)
    return Verdict::no("AddressNotAssigned", "the Service has no address yet");
  return verdict;
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
  for (const std::string_view feature : supported_features()) {
    if (is_supported_on(world.options, feature))
      status->supported_features.push_back({std::string(feature)});
  }
  return status;
}

std::shared_ptr<const api::GatewayStatus> gateway_status(flow::Reads& reads, World& world,
                                                         const ObjectKey& key) {
  const GatewayModel* gateway = world.gateways.get(reads, key);
  const api::Gateway* object = world.gateway_objects.get(reads, key);
  if (gateway == nullptr || object == nullptr) return nullptr;
  const int64_t generation = object->metadata.generation;
  const auto& listeners = gateway->listeners;
  const Validity validity = validity_of(listeners);

  auto status = std::make_shared<api::GatewayStatus>();
  if (gateway->accepted.ok && validity.any) {
    const ProxyState* state = world.proxy_states.get(reads, gateway->proxy);
    status->addresses = addresses_of(world, *gateway, state);
  }
  status->conditions.push_back(
      accepted_condition(gateway->accepted, validity, "the Gateway is accepted", generation));
  const Verdict programmed =
      programmed_verdict(reads, world, *gateway, validity.any, !status->addresses.empty());
  status->conditions.push_back(condition("Programmed", programmed, "Programmed",
                                         "the configuration is sent to the proxies", generation));
  status->conditions.push_back(condition("ResolvedRefs", resolved_verdict(reads, world, *gateway),
                                         "ResolvedRefs", "all references are resolved",
                                         generation));
  add_insecure_condition(*gateway, generation, status->conditions);
  status->attached_listener_sets = static_cast<int32_t>(world.accepted_sets.get(reads, key).size());
  for (const ListenerModel& listener : listeners)
    status->listeners.push_back(
        listener_status(reads, world, gateway->proxy, listener, generation));
  return status;
}

std::shared_ptr<const api::ListenerSetStatus> listener_set_status(flow::Reads& reads, World& world,
                                                                  const ObjectKey& key) {
  const ListenerSetModel* set = world.sets.get(reads, key);
  const api::ListenerSet* object = world.listener_sets.get(reads, key);
  if (set == nullptr || object == nullptr) return nullptr;
  const int64_t generation = object->metadata.generation;
  const Validity validity = validity_of(set->listeners);
  Verdict programmed = set->attached;
  if (programmed.ok && !validity.any)
    programmed = Verdict::no("ListenersNotValid", "no listener is valid");
  if (programmed.ok) programmed = proxy_verdict(reads, world, set->proxy);

  auto status = std::make_shared<api::ListenerSetStatus>();
  status->conditions.push_back(
      accepted_condition(set->attached, validity, "the ListenerSet is accepted", generation));
  status->conditions.push_back(condition("Programmed", programmed, "Programmed",
                                         "the configuration is sent to the proxies", generation));
  for (const ListenerModel& listener : set->listeners)
    status->listeners.push_back(listener_status(reads, world, set->proxy, listener, generation));
  return status;
}

}  // namespace limen::translate

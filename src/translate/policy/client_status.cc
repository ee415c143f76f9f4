#include <fmt/format.h>

#include <algorithm>

#include "features/client_traffic.h"
#include "schema/effect.h"
#include "translate/policy/outcomes.h"
#include "translate/policy/rules.h"

namespace limen::translate {
namespace {

class Status {
 public:
  Status(flow::Reads& reads, World& world, const ObjectKey& key, const ClientPolicy& policy)
      : reads_(reads), world_(world), key_(key), policy_(policy) {}

  void add(const PolicyTarget& target) {
    const ObjectKey& object = target.object.object;
    if (target.object.kind == api::Kind::kGateway) {
      if (const auto* gateway = world_.gateways.get(reads_, object))
        add_listeners(target, gateway->listeners);
    } else if (const auto* set = world_.sets.get(reads_, object)) {
      add_listeners(target, set->listeners);
    }
  }

  PolicyOutcomes outcomes;

 private:
  void add_listeners(const PolicyTarget& target, const std::vector<ListenerModel>& listeners) {
    PolicyOutcome& outcome = outcomes.of(reference_to(target.object, target.section));
    if (outcome.verdict.ok) outcome.verdict = verdict_of(target, listeners);
    if (outcome.verdict.ok) look_at_listeners(target, outcome);
  }

  Verdict verdict_of(const PolicyTarget& target, const std::vector<ListenerModel>& listeners) {
    if (!target.section.empty() && named(target.section, listeners) == nullptr)
      return no_section(target, "listener");
    const Verdict conflict = conflict_of(reads_, world_.client_policies_of_target,
                                         {"ClientTrafficPolicy", key_}, target);
    return conflict.ok ? policy_.accepted : conflict;
  }

  void look_at_listeners(const PolicyTarget& target, PolicyOutcome& outcome) {
    const PolicyListeners* mine = world_.client_listeners.get(reads_, key_);
    if (mine == nullptr) return;
    for (const auto& [listener, place] : mine->places) {
      if (!is_behind(target, place, listener)) continue;
      const auto& policies = world_.client_policies_of_listener.get(reads_, listener);
      if (const auto [rank, first, value] = *policies.sorted().begin(); rank.level < place.level)
        outcome.overriding.insert("listener " + listener.name.str());
      else if (outcome.verdict.ok)
        outcome.verdict = verdict_there(listener, place);
    }
  }

  Verdict verdict_there(const ProxyName& listener, const PolicyListeners::Place& place) {
    const PortPolicies* port =
        world_.port_policies.get(reads_, {listener.proxy.str(), Transport::kTcp, place.port});
    if (port != nullptr) {
      const auto it = port->listeners.find(std::string_view(listener.name));
      if (it != port->listeners.end() && it->second.policy == key_ && !it->second.in_force.ok)
        return it->second.in_force;
    }
    if (!policy_.checks_clients()) return {};
    const Refusal* refusal = world_.refusals.get(
        reads_, {listener.proxy.str(), xds::ResourceType::kSecret, client_checks_name(key_)});
    if (refusal == nullptr) return {};
    return Verdict::no("Invalid", fmt::format("spec.tls.clientValidation: Envoy refuses it: {}; "
                                              "the last good one stays in force",
                                              refusal->message));
  }

  flow::Reads& reads_;
  World& world_;
  const ObjectKey& key_;
  const ClientPolicy& policy_;
};

std::vector<PolicyWarning> warnings_of(const api::ClientTrafficPolicy& policy) {
  const api::ClientTrafficPolicySpec& spec = policy.spec;
  std::vector<PolicyWarning> warnings;
  const auto warn = [&warnings](bool used, const char* field, const char* instead) {
    if (used) warnings.push_back(deprecated(field, instead));
  };
  warn(spec.target_ref.has_value(), "spec.targetRef", "spec.targetRefs");
  warn(spec.enable_proxy_protocol.has_value(), "spec.enableProxyProtocol", "spec.proxyProtocol");
  warn(spec.headers && spec.headers->preserve_x_request_id, "spec.headers.preserveXRequestID",
       "spec.headers.requestID");
  std::vector<std::string> idle =
      schema::fields_without_effect(api::info(api::Kind::kClientTrafficPolicy).schema(), &policy);
  if (spec.tls && spec.tls->client_validation) {
    warn(spec.tls->client_validation->optional, "spec.tls.clientValidation.optional",
         "spec.tls.clientValidation.mode");
    const auto more = features::fields_without_effect(*spec.tls->client_validation);
    idle.insert(idle.end(), more.begin(), more.end());
  }
  if (!idle.empty()) warnings.push_back(without_effect(idle));
  return warnings;
}

}  // namespace

std::shared_ptr<const api::PolicyStatus> client_policy_status(flow::Reads& reads, World& world,
                                                              const ObjectKey& key) {
  const api::ClientTrafficPolicy* policy = world.client_traffic_policies.get(reads, key);
  const ClientPolicy* model = world.client_policies.get(reads, key);
  const PolicyTargets* targets = world.client_targets.get(reads, key);
  if (policy == nullptr || model == nullptr || targets == nullptr) return nullptr;
  Status result(reads, world, key, *model);
  for (const PolicyTarget& target : targets->targets) result.add(target);
  auto status = std::make_shared<api::PolicyStatus>(others_of(policy->status, world.options));
  std::move(result.outcomes)
      .write(world.options, policy->metadata.generation, warnings_of(*policy), *status);
  return status;
}

}  // namespace limen::translate

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "translate/policy/rules.h"
#include "translate/status/rules.h"

namespace limen::translate {
namespace {

using TargetRef = api::LocalPolicyTargetReferenceWithSectionName;

// What one targetRef comes to.
struct Use {
  std::set<ObjectKey> gateways;  // whose routes use it
  Verdict verdict;               // TargetNotFound, Conflicted
};

// Merged Gateways share clusters: there, the routes say whose they are.
void add_gateways(flow::Reads& reads, World& world, const ProxyCluster& cluster,
                  std::set<ObjectKey>& out) {
  const auto& gateways = world.gateways_of_proxy.get(reads, cluster.proxy);
  if (gateways.size() == 1) {
    for (const auto& [key, gateway] : gateways) out.insert(key);
    return;
  }
  for (const auto& [route, translated] : world.users_of_proxy_cluster.get(reads, cluster)) {
    const Attachments* attachments = world.attachments.get(reads, route);
    if (attachments == nullptr) continue;
    for (const Attachment& parent : attachments->parents) {
      for (const AttachedListener& listener : parent.listeners) {
        if (listener.proxy == cluster.proxy) out.insert(listener.gateway);
      }
    }
  }
  for (const auto& [listener, guard] : world.listeners_with_cluster.get(reads, cluster))
    out.insert(guard.gateway);
}

// The number of the port that a sectionName names; nullopt: none.
std::optional<int32_t> port_of(flow::Reads& reads, World& world, const TargetKey& target,
                               const std::string& section) {
  if (target.kind != api::Kind::kService) return std::nullopt;
  const api::Service* service = world.services.get(reads, target.object);
  if (service == nullptr) return std::nullopt;
  for (const api::ServicePort& port : service->spec.ports) {
    if (port.name == section) return port.port;
  }
  return std::nullopt;
}

// A policy that comes earlier and names exactly the same.
Verdict conflict_of(flow::Reads& reads, World& world, const ObjectKey& policy,
                    const TargetKey& target, const TargetRef& ref) {
  for (const auto& [key, other] : world.policies_of_target.get(reads, target)) {
    if (key == policy) return {};
    for (const TargetRef& theirs : other.spec.target_refs) {
      if (target_of(key.name_space, theirs) != target || theirs.section_name != ref.section_name)
        continue;
      return Verdict::no("Conflicted",
                         fmt::format("BackendTLSPolicy {} targets {} too and comes first",
                                     key.text(), target.text()));
    }
  }
  return {};
}

// `port`: nullopt: any.
bool takes_tls_to(const ClusterRef& cluster, const TargetKey& target,
                  const std::optional<int32_t>& port) {
  const std::vector members = members_of(cluster);
  return std::any_of(members.begin(), members.end(), [&](const ClusterMember& member) {
    const ClusterRef& ref = member.ref;
    return ref.kind == target.kind && ref.object == target.object && takes_tls(ref) &&
           (!port || ref.port == *port);
  });
}

Use use_of(flow::Reads& reads, World& world, const ObjectKey& policy, const TargetRef& ref) {
  const auto target = target_of(policy.name_space, ref);
  if (!target) return {};
  Use use;
  std::optional<int32_t> port;
  if (ref.section_name) {
    port = port_of(reads, world, *target, *ref.section_name);
    if (!port) {
      use.verdict = Verdict::no("TargetNotFound", fmt::format("{} has no port named {}",
                                                              target->text(), *ref.section_name));
    }
  }
  for (const auto& [cluster, fragment] : world.clusters_of_target.get(reads, *target)) {
    if (takes_tls_to(cluster.cluster, *target, port))
      add_gateways(reads, world, cluster, use.gateways);
  }
  if (use.verdict.ok) use.verdict = conflict_of(reads, world, policy, *target, ref);
  return use;
}

api::PolicyAncestorStatus ancestor_of(World& world, const ObjectKey& policy,
                                      const ObjectKey& gateway) {
  api::PolicyAncestorStatus ancestor;
  ancestor.ancestor_ref.name = gateway.name;
  if (gateway.name_space != policy.name_space)
    ancestor.ancestor_ref.name_space = gateway.name_space;
  ancestor.controller_name = world.options.controller_name;
  return ancestor;
}

}  // namespace

api::PolicyStatus others_of(const api::PolicyStatus& status, const Options& options) {
  api::PolicyStatus others;
  for (const auto& ancestor : status.ancestors) {
    if (ancestor.controller_name != options.controller_name) others.ancestors.push_back(ancestor);
  }
  return others;
}

std::shared_ptr<const api::PolicyStatus> policy_status(flow::Reads& reads, World& world,
                                                       const ObjectKey& key) {
  const BackendTls* tls = world.backend_tls.get(reads, key);
  const api::BackendTlsPolicy* policy = world.backend_tls_policies.get(reads, key);
  if (tls == nullptr || policy == nullptr) return nullptr;
  std::map<ObjectKey, Verdict> gateways;  // the first thing that is wrong for each
  for (const TargetRef& ref : policy->spec.target_refs) {
    const Use use = use_of(reads, world, key, ref);
    for (const ObjectKey& gateway : use.gateways) {
      Verdict& verdict = gateways[gateway];
      if (verdict.ok) verdict = use.verdict;
    }
  }
  auto status = std::make_shared<api::PolicyStatus>(others_of(policy->status, world.options));
  const int64_t generation = policy->metadata.generation;
  for (const auto& [gateway, verdict] : gateways) {
    if (status->ancestors.size() >= kMostAncestors) break;
    api::PolicyAncestorStatus ancestor = ancestor_of(world, key, gateway);
    ancestor.conditions.push_back(condition("Accepted", verdict.ok ? tls->accepted : verdict,
                                            "Accepted", "the policy is accepted", generation));
    ancestor.conditions.push_back(condition("ResolvedRefs", tls->resolved_refs, "ResolvedRefs",
                                            "all references are resolved", generation));
    status->ancestors.push_back(std::move(ancestor));
  }
  return status;
}

}  // namespace limen::translate

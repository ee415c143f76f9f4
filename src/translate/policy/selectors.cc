// targetSelectors of policies: objects by their labels, in the policy's namespace and in those that
// let its policies in.
#include <set>

#include "translate/grants.h"
#include "translate/labels.h"
#include "translate/policy/rules.h"

namespace limen::translate {
namespace {

class Selection {
 public:
  Selection(flow::Reads& reads, World& world, const Referrer& policy,
            const api::TargetSelector& selector)
      : reads_(reads),
        world_(world),
        policy_(policy),
        own_(policy.name_space),
        selector_(selector) {}

  std::set<RouteKey> run() {
    for (const Text& name_space : namespaces()) {
      if (is(api::Kind::kGateway)) add_gateways(name_space);
      if (is(api::Kind::kListenerSet)) add_sets(name_space);
      for (const api::Kind kind :
           {api::Kind::kHttpRoute, api::Kind::kGrpcRoute, api::Kind::kTcpRoute}) {
        if (is(kind)) add_routes({kind, {name_space, {}}});
      }
    }
    return std::move(found_);
  }

 private:
  bool is(api::Kind kind) const { return api::info(kind).name == selector_.kind; }

  // Only where something may be selected.
  std::set<Text> namespaces() {
    std::set<Text> all = {own_};
    const auto& asked = selector_.namespaces;
    if (!asked || asked->from == api::FromNamespaces::kSame) return all;
    for (const auto& [grant, spec] : world_.grants_to_policies_of.get(reads_, own_))
      all.insert(grant.name_space);
    if (asked->selector)
      std::erase_if(all, [&](const Text& name_space) {
        return !selects(*asked->selector, labels_of_namespace(reads_, world_, name_space));
      });
    return all;
  }

  void add_if_selected(const RouteKey& object, const api::ObjectMeta& metadata) {
    const std::map<std::string, std::string> labels(metadata.labels.begin(), metadata.labels.end());
    if (selects(selector_, labels) &&
        may_refer(reads_, world_, policy_, api::kGatewayGroup, selector_.kind, object.object))
      found_.insert(object);
  }

  void add_gateways(const Text& name_space) {
    for (const auto& [key, model] : world_.gateways_of_namespace.get(reads_, name_space)) {
      if (const auto* gateway = world_.gateway_objects.get(reads_, key))
        add_if_selected({api::Kind::kGateway, key}, gateway->metadata);
    }
  }

  void add_sets(const Text& name_space) {
    for (const auto& [key, model] : world_.sets_of_namespace.get(reads_, name_space)) {
      if (const auto* set = world_.listener_sets.get(reads_, key))
        add_if_selected({api::Kind::kListenerSet, key}, set->metadata);
    }
  }

  void add_routes(const RouteKey& place) {
    for (const auto& [key, route] : world_.routes_of_namespace.get(reads_, place))
      add_if_selected(key, route.metadata());
  }

  flow::Reads& reads_;
  World& world_;
  const Referrer& policy_;
  const Text own_;  // its namespace
  const api::TargetSelector& selector_;
  std::set<RouteKey> found_;
};

}  // namespace

std::set<RouteKey> selected_by(flow::Reads& reads, World& world, const Referrer& policy,
                               const api::TargetSelector& selector) {
  return Selection(reads, world, policy, selector).run();
}

}  // namespace limen::translate

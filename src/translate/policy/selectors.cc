// targetSelectors of policies: objects of a namespace, by their labels.
#include <set>

#include "translate/labels.h"
#include "translate/policy/rules.h"

namespace limen::translate {
namespace {

class Selection {
 public:
  Selection(flow::Reads& reads, World& world, const Text& name_space,
            const api::TargetSelector& selector)
      : reads_(reads), world_(world), name_space_(name_space), selector_(selector) {}

  std::set<RouteKey> run() {
    if (is(api::Kind::kGateway)) add_gateways();
    if (is(api::Kind::kListenerSet)) add_sets();
    if (is(api::Kind::kHttpRoute)) add_routes(world_.http_candidates, api::Kind::kHttpRoute);
    if (is(api::Kind::kGrpcRoute)) add_routes(world_.grpc_candidates, api::Kind::kGrpcRoute);
    return std::move(found_);
  }

 private:
  bool is(api::Kind kind) const { return api::info(kind).name == selector_.kind; }

  void add_if_selected(api::Kind kind, const ObjectKey& key, const api::ObjectMeta& metadata) {
    const std::map<std::string, std::string> labels(metadata.labels.begin(), metadata.labels.end());
    if (selects(selector_, labels)) found_.insert({kind, key});
  }

  void add_gateways() {
    for (const auto& [key, model] : world_.gateways_of_namespace.get(reads_, name_space_)) {
      if (const auto* gateway = world_.gateway_objects.get(reads_, key))
        add_if_selected(api::Kind::kGateway, key, gateway->metadata);
    }
  }

  void add_sets() {
    for (const auto& [key, model] : world_.sets_of_namespace.get(reads_, name_space_)) {
      if (const auto* set = world_.listener_sets.get(reads_, key))
        add_if_selected(api::Kind::kListenerSet, key, set->metadata);
    }
  }

  // No index has the routes of a namespace: the few worlds that select routes find them by the
  // listeners.
  template <class Candidates>
  void add_routes(Candidates& candidates, api::Kind kind) {
    std::set<RouteKey> seen;
    for (const auto& [proxy, model] : world_.all_proxies.get(reads_, Text())) {
      for (const ListenerModel& listener : model.listeners) {
        for (const auto& [route, attachments] :
             candidates.get(reads_, {proxy, listener.ir_name()})) {
          if (route.object.name_space != name_space_ || !seen.insert(route).second) continue;
          if (const RouteObject* object = world_.route_objects.get(reads_, route))
            add_if_selected(kind, route.object, object->metadata());
        }
      }
    }
  }

  flow::Reads& reads_;
  World& world_;
  const Text& name_space_;
  const api::TargetSelector& selector_;
  std::set<RouteKey> found_;
};

}  // namespace

std::set<RouteKey> selected_by(flow::Reads& reads, World& world, const Text& name_space,
                               const api::TargetSelector& selector) {
  return Selection(reads, world, name_space, selector).run();
}

}  // namespace limen::translate

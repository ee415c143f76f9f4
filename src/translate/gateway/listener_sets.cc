// ListenerSets: whether one may attach, and its entries.  GEP-1713.
#include <fmt/format.h>

#include "translate/certificate/rules.h"
#include "translate/gateway/rules.h"
#include "translate/labels.h"

namespace limen::translate {
namespace {

bool allows(flow::Reads& reads, World& world, const api::Gateway& gateway,
            const std::string& name_space) {
  if (!gateway.spec.allowed_listeners) return false;
  const api::ListenerNamespaces& namespaces = gateway.spec.allowed_listeners->namespaces;
  switch (namespaces.from) {
    case api::ListenerSetsFrom::kAll: return true;
    case api::ListenerSetsFrom::kSame: return gateway.metadata.name_space == name_space;
    case api::ListenerSetsFrom::kNone: return false;
    case api::ListenerSetsFrom::kSelector: break;
  }
  return namespaces.selector &&
         selects(*namespaces.selector, labels_of_namespace(reads, world, name_space));
}

Verdict check_parent(flow::Reads& reads, World& world, const api::Gateway& gateway,
                     const GatewayModel& model, const ObjectKey& set) {
  if (!allows(reads, world, gateway, set.name_space)) {
    return Verdict::no(
        "NotAllowed", fmt::format("spec.allowedListeners of Gateway {} does not allow ListenerSets "
                                  "from namespace {}",
                                  model.key.text(), set.name_space));
  }
  if (!model.accepted.ok) {
    return Verdict::no("ParentNotAccepted",
                       fmt::format("Gateway {} is not accepted", model.key.text()));
  }
  return {};
}

}  // namespace

std::shared_ptr<const ListenerSetModel> read_listener_set(flow::Reads& reads, World& world,
                                                          const ObjectKey& key) {
  const api::ListenerSet* set = world.listener_sets.get(reads, key);
  if (set == nullptr) return nullptr;
  const auto& ref = set->spec.parent_ref;
  if (ref.group != api::kGatewayGroup || ref.kind != "Gateway") return nullptr;
  const ObjectKey parent{ref.name_space.value_or(key.name_space), ref.name};
  const api::Gateway* gateway = world.gateway_objects.get(reads, parent);
  const GatewayModel* spec = world.gateway_specs.get(reads, parent);
  if (gateway == nullptr || spec == nullptr) return nullptr;

  auto model = std::make_shared<ListenerSetModel>();
  model->gateway = parent;
  model->proxy = spec->proxy;
  model->created = set->metadata.creation_timestamp;
  model->attached = check_parent(reads, world, *gateway, *spec, key);
  const ListenerOwner owner{parent, key, bound_addresses(world.options, *spec, *gateway),
                            spec->client_validations};
  for (const api::Listener& entry : set->spec.listeners) {
    model->listeners.push_back(read_listener(reads, world, owner, entry));
    if (model->attached.ok)
      await_certificate(reads, world, {api::Kind::kListenerSet, set->metadata},
                        model->listeners.back());
  }
  return model;
}

std::shared_ptr<const ListenerSetModel> settle_listener_set(flow::Reads& reads, World& world,
                                                            const ObjectKey& key) {
  const ListenerSetModel* spec = world.set_specs.get(reads, key);
  if (spec == nullptr) return nullptr;
  const ProxyModel* proxy = world.proxies.get(reads, spec->proxy);
  auto model = std::make_shared<ListenerSetModel>(*spec);
  if (proxy != nullptr && spec->attached.ok)
    model->listeners = proxy->listeners_of(spec->gateway, key);
  return model;
}

}  // namespace limen::translate

#include <fmt/format.h>

#include <algorithm>

#include "translate/hostnames.h"
#include "translate/labels.h"
#include "translate/route/rules.h"

namespace limen::translate {
namespace {

bool allows_namespace(flow::Reads& reads, World& world, const ListenerModel& listener,
                      const std::string& name_space) {
  switch (listener.namespaces.from) {
    case api::FromNamespaces::kAll: return true;
    case api::FromNamespaces::kSame: return listener.name_space() == name_space;
    case api::FromNamespaces::kSelector: break;
  }
  return listener.namespaces.selector &&
         selects(*listener.namespaces.selector, labels_of_namespace(reads, world, name_space));
}

bool is_referred(const api::ParentReference& ref, const ListenerModel& listener) {
  return (!ref.section_name || *ref.section_name == listener.name) &&
         (!ref.port || *ref.port == listener.port);
}

// What a parentRef names.
struct Parent {
  std::string text;  // for messages: kind and key
  std::string proxy;
  Verdict attached;  // of a ListenerSet, to its Gateway
  const std::vector<ListenerModel>& listeners;
};

// nullopt: it is none of ours.  A Gateway does not stand for the ListenerSets that are attached to
// it.  GEP-1713.
std::optional<Parent> parent_of(flow::Reads& reads, World& world, const api::ParentReference& ref,
                                const std::string& name_space) {
  if (ref.group != api::kGatewayGroup) return std::nullopt;
  const ObjectKey key{ref.name_space ? std::string(*ref.name_space) : name_space, ref.name};
  if (ref.kind == "Gateway") {
    const GatewayModel* gateway = world.gateways.get(reads, key);
    if (gateway != nullptr)
      return Parent{"Gateway " + key.text(), gateway->proxy, {}, gateway->listeners};
  } else if (ref.kind == "ListenerSet") {
    const ListenerSetModel* set = world.sets.get(reads, key);
    if (set != nullptr)
      return Parent{"ListenerSet " + key.text(), set->proxy, set->attached, set->listeners};
  }
  return std::nullopt;
}

AttachedListener attached(const Parent& parent, const ListenerModel& listener,
                          const std::vector<Text>& route_hosts) {
  AttachedListener result;
  result.gateway = listener.gateway;
  result.proxy = parent.proxy;
  result.listener = listener.ir_name();
  result.section = listener.name;
  result.route_configuration = listener.route_configuration;
  result.port = listener.port;
  result.https = listener.protocol == Protocol::kHttps;
  result.passthrough = listener.passthrough;
  result.hosts = hosts_on_listener(route_hosts, listener.hostname, listener.more_specific);
  return result;
}

bool has_common_host(const std::vector<Text>& hosts, const std::string& listener) {
  return hosts.empty() || std::any_of(hosts.begin(), hosts.end(), [&](const auto& host) {
           return intersect(host, listener).has_value();
         });
}

// The parent is there: which of its listeners take the route?
Attachment attach_to(flow::Reads& reads, World& world, const RouteObject& route,
                     const api::ParentReference& ref, const Parent& parent) {
  const std::string_view kind = api::kind_of(route.object).name;
  const Text& name_space = route.metadata().name_space;
  Attachment result;
  result.ours = true;
  if (!parent.attached.ok) {
    result.accepted = Verdict::no(
        "NoMatchingParent",
        fmt::format("{} is not attached to its Gateway: {}", parent.text, parent.attached.message));
    return result;
  }
  bool referred = false, allowed = false;
  for (const ListenerModel& listener : parent.listeners) {
    if (!is_referred(ref, listener)) continue;
    referred = true;
    const auto& kinds = listener.kinds;
    if (std::find(kinds.begin(), kinds.end(), kind) == kinds.end() ||
        !allows_namespace(reads, world, listener, name_space))
      continue;
    allowed = true;
    if (!has_common_host(route.hostnames(), listener.hostname)) continue;
    if (listener.served()) {
      result.listeners.push_back(attached(parent, listener, route.hostnames()));
    } else if (listener.accepted.ok && listener.conflicted.ok) {
      result.idle.push_back({parent.proxy, listener.ir_name()});
    }
  }
  if (!result.listeners.empty() || !result.idle.empty()) return result;
  if (!referred) {
    result.accepted =
        Verdict::no("NoMatchingParent",
                    fmt::format("{} has no listener that the parentRef's sectionName and port name",
                                parent.text));
  } else if (!allowed) {
    result.accepted = Verdict::no(
        "NotAllowedByListeners",
        fmt::format("no listener of {} allows {}s from namespace {}: see its protocol and "
                    "allowedRoutes",
                    parent.text, kind, name_space));
  } else {
    result.accepted = Verdict::no(
        "NoMatchingListenerHostname",
        fmt::format("no usable listener of {} shares a hostname with the route", parent.text));
  }
  return result;
}

}  // namespace

std::shared_ptr<const Attachments> attach(flow::Reads& reads, World& world, const RouteKey& key) {
  const RouteObject* route = world.route_objects.get(reads, key);
  if (route == nullptr) return nullptr;
  auto result = std::make_shared<Attachments>();
  result->created = route->metadata().creation_timestamp.unix_seconds;
  for (const api::ParentReference& ref : route->spec().parent_refs) {
    Attachment& attachment = result->parents.emplace_back();
    const auto parent = parent_of(reads, world, ref, route->metadata().name_space);
    if (parent) attachment = attach_to(reads, world, *route, ref, *parent);
  }
  return result;
}

std::string route_configuration_of(const PortModel& port, const ListenerModel& listener) {
  return listener.protocol == Protocol::kHttps ? listener.ir_name() : port.name;
}

}  // namespace limen::translate

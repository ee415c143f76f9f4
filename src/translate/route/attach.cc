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
    case api::FromNamespaces::kSame: return listener.gateway.name_space == name_space;
    case api::FromNamespaces::kSelector: break;
  }
  const api::Namespace* object = world.namespaces.get(reads, {"", name_space});
  std::map<std::string, std::string> labels;
  if (object != nullptr) labels = object->metadata.labels;
  labels.emplace("kubernetes.io/metadata.name",
                 name_space);  // the API server sets it on every namespace
  return listener.namespaces.selector && selects(*listener.namespaces.selector, labels);
}

bool is_referred(const api::ParentReference& ref, const ListenerModel& listener) {
  return (!ref.section_name || *ref.section_name == listener.name) &&
         (!ref.port || *ref.port == listener.port);
}

const PortModel* port_of(const ProxyModel& proxy, const ListenerModel& listener) {
  for (const PortModel& port : proxy.ports) {
    if (port.port == listener.port) return &port;
  }
  return nullptr;
}

AttachedListener attached(const GatewayModel& gateway, const PortModel& port,
                          const ListenerModel& listener, const std::vector<Text>& route_hosts) {
  std::vector<std::string> others;
  for (const ListenerModel& other : port.listeners) others.push_back(other.hostname);
  AttachedListener result;
  result.gateway = gateway.key;
  result.proxy = gateway.proxy;
  result.listener = listener.ir_name();
  result.section = listener.name;
  result.route_configuration = route_configuration_of(port, listener);
  result.port = listener.port;
  result.https = listener.protocol == Protocol::kHttps;
  result.hosts = hosts_on_listener(route_hosts, listener.hostname, others);
  return result;
}

bool has_common_host(const std::vector<Text>& hosts, const std::string& listener) {
  return hosts.empty() || std::any_of(hosts.begin(), hosts.end(), [&](const auto& host) {
           return intersect(host, listener).has_value();
         });
}

// The parent is there: which of its listeners take the route?
Attachment attach_to(flow::Reads& reads, World& world, const RouteObject& route,
                     const api::ParentReference& ref, const GatewayModel& gateway) {
  const std::string_view kind = api::kind_of(route.object).name;
  const Text& name_space = route.metadata().name_space;
  Attachment result;
  result.ours = true;
  const ProxyModel* proxy = world.proxies.get(reads, gateway.proxy);
  bool referred = false, allowed = false;
  for (const ListenerModel& listener : gateway.listeners) {
    if (!is_referred(ref, listener)) continue;
    referred = true;
    const auto& kinds = listener.kinds;
    if (std::find(kinds.begin(), kinds.end(), kind) == kinds.end() ||
        !allows_namespace(reads, world, listener, name_space))
      continue;
    allowed = true;
    if (!has_common_host(route.hostnames(), listener.hostname)) continue;
    const PortModel* port =
        proxy == nullptr || !listener.ready() ? nullptr : port_of(*proxy, listener);
    if (port == nullptr) continue;
    result.listeners.push_back(attached(gateway, *port, listener, route.hostnames()));
  }
  if (!result.listeners.empty()) return result;
  if (!referred) {
    result.accepted = Verdict::no(
        "NoMatchingParent",
        fmt::format("Gateway {} has no listener that the parentRef's sectionName and port name",
                    gateway.key.text()));
  } else if (!allowed) {
    result.accepted = Verdict::no(
        "NotAllowedByListeners",
        fmt::format("no listener of Gateway {} allows {}s from namespace {}: see its protocol and "
                    "allowedRoutes",
                    gateway.key.text(), kind, name_space));
  } else {
    result.accepted =
        Verdict::no("NoMatchingListenerHostname",
                    fmt::format("no usable listener of Gateway {} shares a hostname with the route",
                                gateway.key.text()));
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
    if (ref.group != api::kGatewayGroup || ref.kind != "Gateway") continue;
    const ObjectKey parent{ref.name_space.value_or(route->metadata().name_space), ref.name};
    const GatewayModel* gateway = world.gateways.get(reads, parent);
    if (gateway != nullptr) attachment = attach_to(reads, world, *route, ref, *gateway);
  }
  return result;
}

std::string route_configuration_of(const PortModel& port, const ListenerModel& listener) {
  return port.protocol == Protocol::kHttps ? listener.ir_name() : port.name;
}

}  // namespace limen::translate

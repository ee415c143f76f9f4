// The Gateways and ListenerSets of a proxy together.
#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "translate/gateway/rules.h"
#include "translate/route/rules.h"

namespace limen::translate {
namespace {

constexpr char kAnyAddress[] = "0.0.0.0";

// The listeners of one owner, behind those that are there.
void append(const ObjectKey& gateway, const ObjectKey& set,
            const std::vector<ListenerModel>& listeners, ProxyModel& model) {
  const size_t begin = model.listeners.size();
  model.listeners.insert(model.listeners.end(), listeners.begin(), listeners.end());
  model.ranges[{gateway, set}] = {begin, model.listeners.size()};
}

void add_addresses(const ListenerModel& listener, std::vector<std::string>& addresses) {
  for (const std::string& address : listener.addresses) {
    if (std::find(addresses.begin(), addresses.end(), address) == addresses.end())
      addresses.push_back(address);
  }
}

bool is_bound(const ListenerModel& listener) {
  return listener.ready() && !listener.addresses.empty();
}

const char* word_of(Protocol protocol) {
  switch (protocol) {
    case Protocol::kHttp: return "http";
    case Protocol::kHttps: return "https";
    case Protocol::kTls: return "tls";
    case Protocol::kTcp: return "tcp";
    case Protocol::kUdp: return "udp";
    case Protocol::kOther: break;
  }
  return "other";
}

int32_t first_unprivileged_port(const World& world, const ProxyModel& model) {
  const auto& settings = model.settings;
  const bool unshifted = world.options.platform == Platform::kKubernetes && settings != nullptr &&
                         settings->provider && settings->provider->kubernetes &&
                         settings->provider->kubernetes->use_listener_port_as_container_port;
  return unshifted ? 0 : world.options.first_unprivileged_port;
}

// A certificate of a Gateway comes before that of the EnvoyProxy.
void join_tls(const ProxyTls& tls, ProxyModel& model) {
  if (model.gateways.size() == 1) {
    model.backend_tls = tls;
    return;
  }
  auto& shown = model.backend_tls.client_certificate;
  const bool is_own = tls.client_certificate && tls.client_certificate->is_gateways();
  if (is_own && (!shown || !shown->is_gateways())) shown = tls.client_certificate;
}

// What the whole proxy takes of one of its Gateways.
void join(const GatewayModel& gateway, ProxyModel& model) {
  if (model.settings == nullptr) model.settings = gateway.settings;
  model.gateway_class = gateway.gateway_class;
  model.gateways.push_back({gateway.key, gateway.uid});
  for (const std::string& address : gateway.addresses) {
    if (std::find(model.addresses.begin(), model.addresses.end(), address) == model.addresses.end())
      model.addresses.push_back(address);
  }
  const bool inside =
      gateway.wants_cluster_address && !gateway.wants_any_address && gateway.addresses.empty();
  model.cluster_only = inside && (model.cluster_only || model.gateways.size() == 1);
  model.labels.insert(gateway.labels.begin(), gateway.labels.end());
  model.annotations.insert(gateway.annotations.begin(), gateway.annotations.end());
  join_tls(gateway.backend_tls, model);
}

void name_port(const ListenerModel& first, int32_t first_unprivileged_port, PortModel& port) {
  port.name = first.ir_name();
  port.port = first.port;
  port.bind_port = bind_port_of(first.port, first_unprivileged_port);
  port.protocol = first.protocol;
}

void form_ports(int32_t first_unprivileged_port, ProxyModel& model) {
  std::map<std::pair<int32_t, Transport>, PortModel> ports;
  for (size_t i = 0; i < model.listeners.size(); ++i) {
    ListenerModel& listener = model.listeners[i];
    if (!is_bound(listener)) continue;
    PortModel& port = ports[{listener.port, transport_of(listener.protocol)}];
    if (port.name.empty()) name_port(listener, first_unprivileged_port, port);
    add_addresses(listener, port.addresses);
    listener.port_name = port.name;
    if (serves_http(listener.protocol)) {
      listener.route_configuration = route_configuration_of(port, listener);
      model.route_configurations.emplace(listener.route_configuration, i);
      if (!listener.auths.empty()) model.guarded_listeners[listener.ir_name()] = i;
    } else {
      model.stream_listeners[listener.ir_name()] = i;
    }
    port.listeners.push_back(listener);
  }
  for (const ListenerModel& listener : model.listeners) {
    if (!listener.awaits_certificate || !listener.conflicted.ok || listener.addresses.empty())
      continue;
    PortModel& port = ports[{listener.port, transport_of(listener.protocol)}];
    if (!port.name.empty()) continue;
    name_port(listener, first_unprivileged_port, port);
    add_addresses(listener, port.addresses);
    port.awaiting = listener;
  }
  for (auto& [number, port] : ports) {
    port.looks_up_places = databases_of(model) != nullptr;
    const auto& addresses = port.addresses;
    if (std::find(addresses.begin(), addresses.end(), kAnyAddress) != addresses.end())
      port.addresses = {kAnyAddress};
    model.ports.push_back(std::move(port));
  }
}

}  // namespace

std::shared_ptr<const ProxyModel> form_proxy(flow::Reads& reads, World& world,
                                             const std::string& proxy) {
  auto model = std::make_shared<ProxyModel>();
  for (const auto& [key, gateway] : world.gateways_of_proxy.get(reads, proxy)) {
    if (!gateway.accepted.ok) continue;
    join(gateway, *model);
    append(key, {}, gateway.listeners, *model);
  }
  // Sets come after: none takes a host from a Gateway, be it another one of the proxy.
  for (const auto& [key, gateway] : world.gateways_of_proxy.get(reads, proxy)) {
    if (!gateway.accepted.ok) continue;
    for (const auto& [set_key, set] : world.sets_of_gateway.get(reads, key)) {
      if (set.attached.ok) append(key, set_key, set.listeners, *model);
    }
  }
  const int32_t unprivileged = first_unprivileged_port(world, *model);
  decide_conflicts(model->listeners, unprivileged);
  find_overlaps(model->listeners);
  form_ports(unprivileged, *model);
  return model;
}

namespace {

// Merged Gateways share their connections to backends.
void settle_client_certificate(const ClientCertificate& shown, GatewayModel& model) {
  auto& own = model.backend_tls.client_certificate;
  if (!own || !own->is_gateways() || own->secret == shown.secret) return;
  own->usable = Verdict::no(
      "InvalidClientCertificateRef",
      fmt::format("spec.tls.backend.clientCertificateRef: the Gateways of one proxy share their "
                  "connections to backends, and that of Gateway {} comes first",
                  shown.gateway.text()));
}

}  // namespace

std::shared_ptr<const GatewayModel> settle_gateway(flow::Reads& reads, World& world,
                                                   const ObjectKey& key) {
  const GatewayModel* spec = world.gateway_specs.get(reads, key);
  if (spec == nullptr) return nullptr;
  const ProxyModel* proxy = world.proxies.get(reads, spec->proxy);
  auto model = std::make_shared<GatewayModel>(*spec);
  if (proxy == nullptr || !spec->accepted.ok) return model;
  model->listeners = proxy->listeners_of(key, {});
  if (const auto& shown = proxy->backend_tls.client_certificate)
    settle_client_certificate(*shown, *model);
  return model;
}

std::shared_ptr<const infra::ProxyPlan> plan_proxy(flow::Reads& reads, World& world,
                                                   const std::string& proxy) {
  const ProxyModel* model = world.proxies.get(reads, proxy);
  if (model == nullptr) return nullptr;
  auto plan = std::make_shared<infra::ProxyPlan>();
  plan->proxy = proxy;
  if (model->settings != nullptr) plan->settings = *model->settings;
  for (const PortModel& port : model->ports)
    plan->ports.push_back({port.name, port.port, port.bind_port, word_of(port.protocol)});
  plan->gateway_class = model->gateway_class;
  plan->gateways = model->gateways;
  plan->addresses = model->addresses;
  plan->cluster_only = model->cluster_only;
  plan->labels = model->labels;
  plan->annotations = model->annotations;
  return plan;
}

}  // namespace limen::translate

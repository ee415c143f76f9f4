#include "translate/translator.h"

#include <algorithm>

#include "api/objects.h"
#include "features/geo.h"
#include "features/jwt.h"
#include "translate/backend/rules.h"
#include "translate/backend_isolation.h"
#include "translate/isolation.h"
#include "translate/policy/oidc.h"
#include "translate/policy/rules.h"
#include "translate/sds.h"
#include "translate/world.h"

namespace limen::translate {
namespace {

// Puts an object into the input table of its kind.
class Loader {
 public:
  explicit Loader(World& world) : world_(world) {}

  void load(const api::ObjectChange& change) {
    switch (change.kind) {
      case api::Kind::kGatewayClass: return store(world_.gateway_classes, change);
      case api::Kind::kGateway: return store(world_.gateway_objects, change);
      case api::Kind::kListenerSet: return store(world_.listener_sets, change);
      case api::Kind::kHttpRoute:
      case api::Kind::kGrpcRoute:
      case api::Kind::kTlsRoute:
      case api::Kind::kTcpRoute:
      case api::Kind::kUdpRoute: return store_route(change);
      case api::Kind::kReferenceGrant: return store(world_.reference_grants, change);
      case api::Kind::kBackendTlsPolicy: return store(world_.backend_tls_policies, change);
      case api::Kind::kBackend: return store(world_.backends, change);
      case api::Kind::kEnvoyProxy: return store(world_.envoy_proxies, change);
      case api::Kind::kHttpRouteFilter: return store(world_.route_filters, change);
      case api::Kind::kSecurityPolicy: return store(world_.security_policies, change);
      case api::Kind::kClientTrafficPolicy: return store(world_.client_traffic_policies, change);
      case api::Kind::kCertificatePolicy: return store(world_.certificate_policies, change);
      case api::Kind::kService: return store(world_.services, change);
      case api::Kind::kEndpointSlice: return store(world_.endpoint_slices, change);
      case api::Kind::kSecret: return store(world_.secret_objects, change);
      case api::Kind::kConfigMap: return store(world_.config_maps, change);
      case api::Kind::kNamespace: return store(world_.namespaces, change);
      case api::Kind::kClusterTrustBundle: return store(world_.cluster_trust_bundles, change);
    }
  }

 private:
  template <class T>
  static void store(flow::Table<ObjectKey, T>& table, const api::ObjectChange& change) {
    if (const auto* object = std::get_if<std::shared_ptr<const T>>(&change.object)) {
      table.set(change.key, *object);
    } else {
      table.erase(change.key);
    }
  }

  void store_route(const api::ObjectChange& change) {
    const RouteKey key{change.kind, change.key};
    if (std::holds_alternative<std::monostate>(change.object)) {
      world_.route_objects.erase(key);
    } else {
      world_.route_objects.set(key, RouteObject{change.object});
    }
  }

  World& world_;
};

template <class K, class V>
void put(const K& key, const std::optional<V>& value, flow::Table<K, V>& table) {
  if (value)
    table.set(key, *value);
  else
    table.erase(key);
}

}  // namespace

struct Translator::Engine {
  explicit Engine(Options options)
      : world(std::move(options)),
        isolation(world),
        backend_isolation(world, [this](xds::ResourceChange change) {
          output.resources.push_back(std::move(change));
        }) {
    using xds::ResourceType;
    collect(world.route_configurations, ResourceType::kRouteConfiguration,
            [](const ProxyName& key) { return key.name; });
    for (auto* secrets : {&world.secrets, &world.filter_secrets, &world.client_secrets})
      collect(*secrets, ResourceType::kSecret, [](const ProxyName& key) { return key.name; });
    collect(world.sds_clusters, ResourceType::kCluster,
            [](const ProxyName& key) { return sds_cluster(key.name); });
    world.filter_secrets.on_change([this](const ProxyName& key, const auto& was, const auto& is) {
      if ((was == nullptr) == (is == nullptr)) return;
      const FragmentPtr cluster = build_awaiting_cluster(key.name);
      if (cluster != nullptr)
        output.resources.push_back(
            {key.proxy, ResourceType::kCluster, key.name, is == nullptr ? nullptr : cluster});
    });
    world.jwt_filters.on_change(
        [this](const ProxyName& key, const FragmentPtr& before, const FragmentPtr& after) {
          output.resources.push_back({key.proxy, ResourceType::kExtensionConfig,
                                      features::jwt_filter(key.name), after,
                                      jwt_filter_between(before, after)});
        });
    world.geo_lookups.on_change([this](const std::string& proxy, const auto&, const auto& after) {
      output.resources.push_back({proxy, ResourceType::kExtensionConfig, features::kGeoFilter,
                                  after == nullptr ? nullptr : after->filter});
    });
    collect_listeners();
    collect_status(world.class_statuses, api::Kind::kGatewayClass);
    collect_status(world.gateway_statuses, api::Kind::kGateway);
    collect_status(world.set_statuses, api::Kind::kListenerSet);
    world.route_statuses.on_change([this](const RouteKey& key, const auto&, const auto& after) {
      add_status(key.kind, key.object, after);
    });
    collect_status(world.backend_statuses, api::Kind::kBackend);
    collect_status(world.policy_statuses, api::Kind::kBackendTlsPolicy);
    collect_status(world.security_statuses, api::Kind::kSecurityPolicy);
    collect_status(world.client_policy_statuses, api::Kind::kClientTrafficPolicy);
    collect_status(world.certificate_policy_statuses, api::Kind::kCertificatePolicy);
    world.wanted_certificates.on_change(
        [this](const ObjectKey& secret, const auto&, const auto& wanted) {
          output.certificates.push_back({secret, wanted});
        });
    world.plans.on_change([this](const std::string& proxy, const auto&, const auto& plan) {
      output.plans.push_back({proxy, plan});
    });
    world.wanted_issuers.on_change([this](const IssuerKey& issuer, const auto&, const auto& trust) {
      output.issuers.push_back({name_of(issuer), trust});
    });
  }

  template <class Table, class NameOf>
  void collect(Table& table, xds::ResourceType type, NameOf name_of) {
    table.on_change([this, type, name_of](const auto& key, const auto&, const auto& after) {
      output.resources.push_back({key.proxy, type, name_of(key), after});
    });
  }

  // A listener's name is that of its port's first listener: it can change while the port stays, and
  // another port can have it now.
  void collect_listeners() {
    world.listeners.on_change([this](const PortKey& key, const auto&, const FragmentPtr& after) {
      std::string& name = listener_names[key];
      const std::string now = after == nullptr ? std::string() : name_of_port(key);
      if (!name.empty() && name != now && !is_name_of_port(key.proxy, name))
        output.resources.push_back({key.proxy, xds::ResourceType::kListener, name, nullptr});
      if (after != nullptr)
        output.resources.push_back({key.proxy, xds::ResourceType::kListener, now, after});
      name = now;
      if (name.empty()) listener_names.erase(key);
    });
  }

  std::string name_of_port(const PortKey& key) const {
    const ProxyModel* proxy = world.proxies.peek(key.proxy);
    for (const PortModel& port : proxy->ports) {
      if (port.port == key.port && port.transport() == key.transport) return port.name;
    }
    return {};
  }

  bool is_name_of_port(const std::string& proxy, const std::string& name) const {
    const ProxyModel* model = world.proxies.peek(proxy);
    return model != nullptr && std::any_of(model->ports.begin(), model->ports.end(),
                                           [&](const auto& port) { return port.name == name; });
  }

  template <class Table>
  void collect_status(Table& table, api::Kind kind) {
    table.on_change([this, kind](const ObjectKey& key, const auto&, const auto& after) {
      this->add_status(kind, key, after);  // "this->": else clang calls the capture unused
    });
  }

  template <class StatusPtr>
  void add_status(api::Kind kind, const ObjectKey& key, const StatusPtr& status) {
    output.statuses.push_back({kind, key, status == nullptr ? AnyStatus() : AnyStatus(status)});
  }

  World world;
  Isolation isolation;
  BackendIsolation backend_isolation;
  Output output;
  std::map<PortKey, std::string> listener_names;
};

Json emit_status(const AnyStatus& status) {
  return std::visit(
      [](const auto& shared) -> Json {
        if constexpr (std::is_same_v<std::decay_t<decltype(shared)>, std::monostate>) {
          return {};
        } else {
          return api::emit_status(*shared);
        }
      },
      status);
}

Translator::Translator(Options options) : engine_(std::make_unique<Engine>(std::move(options))) {}
Translator::~Translator() = default;

Output Translator::apply(const Input& input) {
  World& world = engine_->world;
  Isolation& isolation = engine_->isolation;
  Loader loader(world);
  for (const api::ObjectChange& change : input.objects) {
    loader.load(change);
    if (is_route(change.kind)) isolation.on_edit({change.kind, change.key});
  }
  for (const ProxyState& state : input.proxies) world.proxy_states.set(state.proxy, state);
  for (const OidcIssuer& issuer : input.issuers) world.oidc_issuers.set(issuer.name, issuer);
  if (input.cookie_key) world.cookie_keys.set("", *input.cookie_key);
  for (const ChallengeChange& change : input.challenges)
    put({change.proxy, change.token}, change.challenge, world.challenges);
  for (const CertificateReport& report : input.certificates)
    put(report.secret, report.state, world.certificate_states);
  for (const EnvoyAnswer& answer : input.answers) {
    if (answer.type == xds::ResourceType::kCluster || answer.type == xds::ResourceType::kEndpoints)
      engine_->backend_isolation.on_answer(answer);
    else
      isolation.on_answer(answer);
  }
  do engine_->output.rows += world.graph.commit();
  while (isolation.settle() || engine_->backend_isolation.settle());
  return std::exchange(engine_->output, {});
}

}  // namespace limen::translate

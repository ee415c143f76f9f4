// The whole data flow, top to bottom: which rule makes which table out of which.
#include "translate/backend/rules.h"
#include "translate/certificate/rules.h"
#include "translate/gateway/listener.h"
#include "translate/gateway/rules.h"
#include "translate/groups.h"
#include "translate/policy/rules.h"
#include "translate/route/rules.h"
#include "translate/sds.h"
#include "translate/status/rules.h"
#include "translate/world.h"

namespace limen::translate {
namespace {

// Binds a rule to its world: flow wants rule(reads, key).
template <class Rule>
auto bind(World& world, Rule rule) {
  return [&world, rule](flow::Reads& reads, const auto& key) { return rule(reads, world, key); };
}

}  // namespace

World::World(Options given)  // #lizard forgives: it is one page of wiring
    : options(std::move(given)),
      gateway_classes(graph, "gateway_classes"),
      gateway_objects(graph, "gateways"),
      listener_sets(graph, "listener_sets"),
      route_objects(graph, "route_objects"),
      reference_grants(graph, "reference_grants"),
      backend_tls_policies(graph, "backend_tls_policies"),
      backends(graph, "backends"),
      envoy_proxies(graph, "envoy_proxies"),
      route_filters(graph, "route_filters"),
      security_policies(graph, "security_policies"),
      client_traffic_policies(graph, "client_traffic_policies"),
      certificate_policies(graph, "certificate_policies"),
      services(graph, "services"),
      endpoint_slices(graph, "endpoint_slices"),
      secret_objects(graph, "secrets"),
      config_maps(graph, "config_maps"),
      namespaces(graph, "namespaces"),
      cluster_trust_bundles(graph, "cluster_trust_bundles"),
      proxy_states(graph, "proxy_states"),
      oidc_issuers(graph, "oidc_issuers"),
      cookie_keys(graph, "cookie_keys"),
      challenges(graph, "challenges"),
      certificate_states(graph, "certificate_states"),
      held_routes(graph, "held_routes"),
      refusals(graph, "refusals"),
      refused_backends(graph, "refused_backends"),
      routes_to_refused(graph, "routes_to_refused"),
      grants_of("grants_of", reference_grants,
                [](const auto& key, const auto&, auto& emit) { emit(key.name_space); }),
      grants_to_policies_of("grants_to_policies_of", reference_grants,
                            [](const auto& key, const auto& grant, auto& emit) {
                              grants_by_policies(key, grant, emit);
                            }),
      slices_of("slices_of", endpoint_slices,
                [](const auto& key, const auto& slice, auto& emit) {
                  slices_by_service(key, slice, emit);
                }),
      certificate_policies_of("certificate_policies_of", certificate_policies,
                              [](const auto& key, const auto& policy, auto& emit) {
                                owners_of_policy(key, policy, emit);
                              }),

      classes("classes", gateway_classes, bind(*this, classify)),
      certificates("certificates", secret_objects, bind(*this, read_certificate)),
      frontend_tls("frontend_tls", gateway_objects, bind(*this, read_frontend_tls)),
      service_targets("service_targets", services, bind(*this, target_of_service)),
      backend_targets("backend_targets", backends, bind(*this, target_of_backend)),
      gateway_specs("gateway_specs", gateway_objects, bind(*this, read_gateway)),
      gateways_of_proxy("gateways_of_proxy", gateway_specs,
                        [](const auto&, const auto& gateway, auto& emit) {
                          emit(gateway.proxy, GatewayOrder{gateway.created.unix_seconds});
                        }),
      set_specs("set_specs", listener_sets, bind(*this, read_listener_set)),
      sets_of_gateway("sets_of_gateway", set_specs,
                      [](const auto&, const auto& set, auto& emit) {
                        emit(set.gateway, GatewayOrder{set.created.unix_seconds});
                      }),
      proxies("proxies", gateways_of_proxy, bind(*this, form_proxy)),
      proxies_with_databases("proxies_with_databases", proxies,
                             [](const auto& proxy, const auto& model, auto& emit) {
                               if (databases_of(model) != nullptr) emit(proxy);
                             }),
      geo_lookups("geo_lookups", proxies_with_databases, bind(*this, geo_lookup_of)),
      proxy_tls("proxy_tls", gateways_of_proxy, bind(*this, tls_of_proxy)),
      gateways("gateways_settled", gateway_specs, bind(*this, settle_gateway)),
      sets("sets_settled", set_specs, bind(*this, settle_listener_set)),
      challenge_places("challenge_places", challenges, bind(*this, place_challenge)),
      challenges_of_virtual_host("challenges_of_virtual_host", challenge_places,
                                 [](const auto&, const auto& places, auto& emit) {
                                   for (const VirtualHostKey& host : places.hosts) emit(host);
                                 }),
      stray_challenges_of("stray_challenges_of", challenge_places,
                          [](const auto&, const auto& places, auto& emit) {
                            for (const ProxyName& name : places.strays) emit(name);
                          }),
      tls_challenges_of("tls_challenges_of", challenges,
                        [](const auto& key, const auto& pending, auto& emit) {
                          if (pending.challenge.type == acme::ChallengeType::kTlsAlpn01)
                            emit(key.proxy);
                        }),

      policies_of_target("policies_of_target", backend_tls_policies,
                         [](const auto& key, const auto& policy, auto& emit) {
                           policies_by_target(key, policy, emit);
                         }),
      backend_tls("backend_tls", backend_tls_policies, bind(*this, read_backend_tls)),
      own_tls("own_tls", backends, bind(*this, read_own_tls)),

      candidates("candidates", route_objects, bind(*this, attach)),
      http_candidates("http_candidates", candidates,
                      [](const auto& key, const auto& value, auto& emit) {
                        candidates_of_kind(api::Kind::kHttpRoute, key, value, emit);
                      }),
      grpc_candidates("grpc_candidates", candidates,
                      [](const auto& key, const auto& value, auto& emit) {
                        candidates_of_kind(api::Kind::kGrpcRoute, key, value, emit);
                      }),
      hostname_conflicts("hostname_conflicts", grpc_candidates,
                         bind(*this, find_hostname_conflicts)),
      attachments("attachments", candidates, bind(*this, settle_attachments)),

      routes_of_namespace("routes_of_namespace", route_objects,
                          [](const auto& key, const auto&, auto& emit) {
                            emit(RouteKey{key.kind, {key.object.name_space, {}}});
                          }),
      gateways_of_namespace("gateways_of_namespace", gateways,
                            [](const auto& key, const auto&, auto& emit) { emit(key.name_space); }),
      sets_of_namespace("sets_of_namespace", sets,
                        [](const auto& key, const auto&, auto& emit) { emit(key.name_space); }),
      policy_targets("policy_targets", security_policies, bind(*this, targets_of_policy)),
      security_of_target(
          "security_of_target", policy_targets,
          [](const auto&, const auto& policy, auto& emit) { targets_of(policy, emit); }),
      policy_listeners("policy_listeners", policy_targets, bind(*this, listeners_of_policy)),
      policies_of_listener(
          "policies_of_listener", policy_listeners,
          [](const auto&, const auto& policy, auto& emit) { listeners_governed(policy, emit); }),
      route_policies("route_policies", security_of_target, bind(*this, policies_of_route)),
      policied_routes("policied_routes", route_policies,
                      [](const auto&, const auto& route, auto& emit) {
                        for (const ProxyName& listener : route.listeners) emit(listener);
                      }),
      routes_of_merged("routes_of_merged", route_policies,
                       [](const auto&, const auto& route, auto& emit) {
                         std::set<ObjectKey> merged;
                         for (const auto& merge : route.merges) merged.insert(merge.merged);
                         for (const ObjectKey& key : merged) emit(key);
                       }),
      merged_policies("merged_policies", routes_of_merged, bind(*this, merge_policies)),
      jwts("jwts", security_policies, bind(*this, read_jwt)),
      security("security", security_policies, bind(*this, read_security)),
      connection_policies("connection_policies", security_policies,
                          bind(*this, read_connection_policy)),
      merged_jwts("merged_jwts", merged_policies, bind(*this, read_jwt)),
      merged_security("merged_security", merged_policies, bind(*this, read_security)),

      route_filter_models("route_filter_models", route_filters, bind(*this, read_route_filter)),
      client_checks("client_checks", client_traffic_policies, bind(*this, read_client_checks)),
      client_policies("client_policies", client_traffic_policies, bind(*this, read_client_policy)),
      client_targets("client_targets", client_traffic_policies,
                     bind(*this, targets_of_client_policy)),
      client_policies_of_target(
          "client_policies_of_target", client_targets,
          [](const auto&, const auto& policy, auto& emit) { targets_of(policy, emit); }),
      client_listeners("client_listeners", client_targets, bind(*this, listeners_of_client_policy)),
      client_policies_of_listener(
          "client_policies_of_listener", client_listeners,
          [](const auto&, const auto& policy, auto& emit) { listeners_governed(policy, emit); }),
      client_policies_of_port(
          "client_policies_of_port", client_listeners,
          [](const auto&, const auto& policy, auto& emit) { ports_governed(policy, emit); }),
      port_policies("port_policies", client_policies_of_port, bind(*this, settle_port_policies)),
      closed_listeners("closed_listeners", port_policies,
                       [](const auto& port, const auto& policies, auto& emit) {
                         for (const auto& [listener, policy] : policies.listeners)
                           if (policy.closes_requests) emit(ProxyName{port.proxy, listener});
                       }),
      users_of_client_checks("users_of_client_checks", client_listeners,
                             [](const auto& policy, const auto& governed, auto& emit) {
                               proxies_with_checks(policy, governed, emit);
                             }),
      client_secrets("client_secrets", users_of_client_checks, bind(*this, share_client_checks)),

      routes("routes", attachments, bind(*this, translate_route)),

      guarded_listeners("guarded_listeners", proxies,
                        [](const auto& proxy, const auto& model, auto& emit) {
                          for (const auto& [name, index] : model.guarded_listeners)
                            emit(ProxyName{proxy, name});
                        }),
      listener_guards("listener_guards",
                      std::tie(guarded_listeners, policies_of_listener, closed_listeners),
                      bind(*this, guard_listener)),

      routes_of_virtual_host("routes_of_virtual_host", routes,
                             [](const auto& key, const auto& route, auto& emit) {
                               entries_by_virtual_host(key, route, emit);
                             }),
      virtual_hosts("virtual_hosts", routes_of_virtual_host, bind(*this, join_virtual_host)),
      virtual_hosts_of("virtual_hosts_of", virtual_hosts,
                       [](const auto& key, const auto& host, auto& emit) {
                         hosts_by_route_configuration(key, host, emit);
                       }),
      hosts_of_listeners("hosts_of_listeners", proxies,
                         [](const auto& proxy, const auto& model, auto& emit) {
                           own_hosts_of_listeners(proxy, model, emit);
                         }),
      unserved_hosts("unserved_hosts", hosts_of_listeners, bind(*this, hold_unserved_host)),
      unserved_hosts_of("unserved_hosts_of", unserved_hosts,
                        [](const auto& key, const auto& host, auto& emit) {
                          hosts_by_route_configuration(key, host, emit);
                        }),
      route_configuration_names("route_configuration_names", proxies,
                                [](const auto& proxy, const auto& model, auto& emit) {
                                  names_of_route_configurations(proxy, model, emit);
                                }),
      routes_with_jwt("routes_with_jwt", routes,
                      [](const auto&, const auto& route, auto& emit) {
                        if (!route.jwt) return;
                        for (const JwtUse& use : *route.jwt) emit(use);
                      }),
      guards_with_jwt("guards_with_jwt", listener_guards,
                      [](const auto&, const auto& guard, auto& emit) {
                        if (guard.jwt) emit(*guard.jwt);
                      }),
      jwt_uses("jwt_uses", std::tie(routes_with_jwt, guards_with_jwt), bind(*this, jwt_of_use)),
      jwt_uses_of("jwt_uses_of", jwt_uses,
                  [](const auto& use, const auto&, auto& emit) {
                    emit(ProxyName{use.proxy, use.route_configuration});
                  }),
      jwt_filters("jwt_filters", route_configuration_names, bind(*this, join_jwt_filter)),
      misdirected("misdirected", route_configuration_names, bind(*this, refuse_misdirected)),
      grpc_routes_of("grpc_routes_of", routes,
                     [](const auto& key, const auto& route, auto& emit) {
                       grpc_by_route_configuration(key, route, emit);
                     }),
      route_configurations("route_configurations", route_configuration_names,
                           bind(*this, join_route_configuration)),

      stream_listener_names("stream_listener_names", proxies,
                            [](const auto& proxy, const auto& model, auto& emit) {
                              for (const auto& [name, index] : model.stream_listeners)
                                emit(ProxyName{proxy, name});
                            }),
      stream_listeners("stream_listeners", stream_listener_names,
                       bind(*this, read_stream_listener)),
      routes_of_filter_chain("routes_of_filter_chain", routes,
                             [](const auto& key, const auto& route, auto& emit) {
                               entries_by_filter_chain(key, route, emit);
                             }),
      filter_chains("filter_chains", routes_of_filter_chain, bind(*this, join_filter_chain)),
      filter_chains_of("filter_chains_of", filter_chains,
                       [](const auto& key, const auto&, auto& emit) {
                         emit(ProxyName{key.proxy, key.listener});
                       }),

      ports("ports", proxies,
            [](const auto& proxy, const auto& model, auto& emit) {
              for (const PortModel& port : model.ports)
                emit(PortKey{proxy, port.transport(), port.port});
            }),
      listeners("listeners", ports, bind(*this, build_listener)),

      users_of_cluster("users_of_cluster", routes,
                       [](const auto&, const auto& route, auto& emit) {
                         for (const ProxyCluster& use : route.clusters) emit(use.cluster);
                       }),
      guards_of_cluster("guards_of_cluster", listener_guards,
                        [](const auto&, const auto& guard, auto& emit) {
                          for (const ClusterRef& cluster : guard.clusters) emit(cluster);
                        }),
      clusters("clusters", std::tie(users_of_cluster, guards_of_cluster),
               bind(*this, build_cluster)),
      endpoints("endpoints", std::tie(users_of_cluster, guards_of_cluster),
                bind(*this, build_endpoints)),
      users_of_proxy_cluster("users_of_proxy_cluster", routes,
                             [](const auto&, const auto& route, auto& emit) {
                               for (const ProxyCluster& use : route.clusters) emit(use);
                             }),
      listeners_with_cluster("listeners_with_cluster", listener_guards,
                             [](const auto& listener, const auto& guard, auto& emit) {
                               for (const ClusterRef& cluster : guard.clusters)
                                 emit(ProxyCluster{listener.proxy, cluster});
                             }),
      proxy_clusters("proxy_clusters", std::tie(users_of_proxy_cluster, listeners_with_cluster),
                     bind(*this, cluster_of_proxy)),
      proxy_endpoints("proxy_endpoints", std::tie(users_of_proxy_cluster, listeners_with_cluster),
                      bind(*this, endpoints_of_proxy)),
      clusters_of_target(
          "clusters_of_target", proxy_clusters,
          [](const auto& key, const auto&, auto& emit) { targets_of_cluster(key, emit); }),

      policy_secrets("policy_secrets", backend_tls, bind(*this, secrets_of_policy)),
      backend_secrets("backend_secrets", own_tls, bind(*this, secrets_of_backend)),
      client_cas("client_cas", client_checks, bind(*this, cas_of_clients)),
      users_of_secret("users_of_secret", proxies,
                      [](const auto& proxy, const auto& model, auto& emit) {
                        names_of_secrets(proxy, model, emit);
                      }),
      backends_with_secret(
          "backends_with_secret", backend_secrets,
          [](const auto&, const auto& use, auto& emit) { secrets_of_use(use, emit); }),
      secrets("proxy_secrets", std::tie(users_of_secret, backends_with_secret),
              bind(*this, share_secret)),

      proxies_with_sds("proxies_with_sds", proxies,
                       [](const auto& proxy, const auto& model, auto& emit) {
                         sockets_of_sds(proxy, model, emit);
                       }),
      policies_with_sds(
          "policies_with_sds", policy_secrets,
          [](const auto&, const auto& use, auto& emit) { sockets_of_use(use, emit); }),
      backends_with_sds(
          "backends_with_sds", backend_secrets,
          [](const auto&, const auto& use, auto& emit) { sockets_of_use(use, emit); }),
      clients_with_sds("clients_with_sds", client_cas,
                       [](const auto&, const auto& use, auto& emit) { sockets_of_use(use, emit); }),
      sds_clusters(
          "sds_clusters",
          std::tie(proxies_with_sds, policies_with_sds, backends_with_sds, clients_with_sds),
          [](flow::Reads&, const ProxyName& key) { return build_sds_cluster(key.name); }),

      routes_with_needs("routes_with_needs", routes,
                        [](const auto& key, const auto& route, auto& emit) {
                          needs_by_secret(key, route, emit);
                        }),
      guards_with_needs("guards_with_needs", listener_guards,
                        [](const auto& listener, const auto& guard, auto& emit) {
                          for (const std::string& name : guard.needs.secrets)
                            emit(ProxyName{listener.proxy, name});
                        }),
      filter_secrets("filter_secrets", std::tie(routes_with_needs, guards_with_needs),
                     [this](flow::Reads& reads, const ProxyName& key) {
                       return std::string_view(key.name).starts_with(kCredentialSecrets)
                                  ? credential_secret(reads, *this, key.name)
                                  : share_login_secret(reads, *this, key);
                     }),
      routes_of_issuer("routes_of_issuer", routes,
                       [](const auto&, const auto& route, auto& emit) {
                         if (route.needs) needs_by_issuer(*route.needs, emit);
                       }),
      guards_of_issuer(
          "guards_of_issuer", listener_guards,
          [](const auto&, const auto& guard, auto& emit) { needs_by_issuer(guard.needs, emit); }),
      wanted_issuers("wanted_issuers", std::tie(routes_of_issuer, guards_of_issuer),
                     bind(*this, trust_issuer)),

      plans("plans", proxies, bind(*this, plan_proxy)),

      certificate_issuers("certificate_issuers", certificate_policies, bind(*this, read_issuers)),
      gateways_naming_policy("gateways_naming_policy", gateway_objects,
                             [](const auto& key, const auto& gateway, auto& emit) {
                               policy_of_annotation(key, gateway.metadata, emit);
                             }),
      sets_naming_policy("sets_naming_policy", listener_sets,
                         [](const auto& key, const auto& set, auto& emit) {
                           policy_of_annotation(key, set.metadata, emit);
                         }),
      annotated_gateways("annotated_gateways", gateway_objects,
                         [](const auto& key, const auto& gateway, auto& emit) {
                           if_annotated(api::Kind::kGateway, key, gateway.metadata, emit);
                         }),
      annotated_sets("annotated_sets", listener_sets,
                     [](const auto& key, const auto& set, auto& emit) {
                       if_annotated(api::Kind::kListenerSet, key, set.metadata, emit);
                     }),
      owned_certificates("owned_certificates",
                         std::tie(certificate_policies_of, annotated_gateways, annotated_sets),
                         bind(*this, find_certificates)),
      uses_of_certificate(
          "uses_of_certificate", owned_certificates,
          [](const auto&, const auto& owner, auto& emit) { certificates_of_owner(owner, emit); }),
      wanted_certificates("wanted_certificates", uses_of_certificate,
                          bind(*this, want_certificate)),

      attached_to("attached_to", attachments,
                  [](const auto& key, const auto& value, auto& emit) {
                    listeners_attached_to(key, value, emit);
                  }),
      class_statuses("class_statuses", classes, bind(*this, class_status)),
      accepted_sets("accepted_sets", sets,
                    [](const auto&, const auto& set, auto& emit) {
                      if (set.accepted()) emit(set.gateway);
                    }),
      gateway_statuses("gateway_statuses", gateways, bind(*this, gateway_status)),
      set_statuses("set_statuses", sets, bind(*this, listener_set_status)),
      route_statuses("route_statuses", routes,
                     [this](flow::Reads& reads, const RouteKey& key) {
                       return shared_route_statuses.share(route_status(reads, *this, key));
                     }),
      backend_statuses("backend_statuses", backends, bind(*this, backend_status)),
      policy_statuses("policy_statuses", backend_tls, bind(*this, policy_status)),
      security_statuses("security_statuses", policy_targets, bind(*this, security_status)),
      client_policy_statuses("client_policy_statuses", client_targets,
                             bind(*this, client_policy_status)),
      certificate_policy_statuses("certificate_policy_statuses", certificate_policies,
                                  bind(*this, certificate_policy_status)) {
  certificates.reads_own(secret_objects);
  service_targets.reads_own(services);
  backend_targets.reads_own(backends);
  candidates.reads_own(route_objects);
  attachments.reads_own(candidates);
  route_policies.reads_own(security_of_target);
  routes.reads_own(route_objects, attachments, held_routes, route_policies);
  listener_guards.reads_own(guarded_listeners, policies_of_listener, closed_listeners);
  virtual_hosts.reads_own(routes_of_virtual_host, challenges_of_virtual_host);
  unserved_hosts.reads_own(virtual_hosts, challenges_of_virtual_host);
  route_configurations.reads_own(virtual_hosts_of, unserved_hosts_of, grpc_routes_of, misdirected,
                                 stray_challenges_of);
  route_statuses.reads_own(route_objects, attachments, routes, routes_to_refused);
  backend_statuses.reads_own(backends, refused_backends);
}

}  // namespace limen::translate

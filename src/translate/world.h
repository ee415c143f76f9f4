// All tables and indexes of the translation, in the order in which their rules run.  pipeline.cc
// connects them; a rule may read only what stands above its own table.  One thread.
#pragma once

#include "flow/flow.h"
#include "flow/sharing.h"
#include "translate/certificate_model.h"
#include "translate/client_model.h"
#include "translate/model.h"
#include "translate/security_model.h"
#include "translate/translator.h"

namespace limen::translate {

struct GatewayOrder {  // oldest first, then by name (the key)
  int64_t created = 0;
  auto operator<=>(const GatewayOrder&) const = default;
};
using PolicyOrder = GatewayOrder;

// The virtual hosts of route configurations.
using VirtualHosts =
    flow::Index<ProxyName, VirtualHostKey, xds::Fragment, std::monostate, xds::Fragment>;

struct World {
  explicit World(Options options);

  const Options options;
  flow::Graph graph;

  // Input: what the provider sees.
  flow::Table<ObjectKey, api::GatewayClass> gateway_classes;
  flow::Table<ObjectKey, api::Gateway> gateway_objects;
  flow::Table<ObjectKey, api::ListenerSet> listener_sets;
  flow::Table<RouteKey, RouteObject> route_objects;  // of all kinds of routes
  flow::Table<ObjectKey, api::ReferenceGrant> reference_grants;
  flow::Table<ObjectKey, api::BackendTlsPolicy> backend_tls_policies;
  flow::Table<ObjectKey, api::Backend> backends;
  flow::Table<ObjectKey, api::EnvoyProxy> envoy_proxies;
  flow::Table<ObjectKey, api::RouteFilter> route_filters;
  flow::Table<ObjectKey, api::SecurityPolicy> security_policies;
  flow::Table<ObjectKey, api::ClientTrafficPolicy> client_traffic_policies;
  flow::Table<ObjectKey, api::CertificatePolicy> certificate_policies;
  flow::Table<ObjectKey, api::Service> services;
  flow::Table<ObjectKey, api::EndpointSlice> endpoint_slices;
  flow::Table<ObjectKey, api::Secret> secret_objects;
  flow::Table<ObjectKey, api::ConfigMap> config_maps;
  flow::Table<ObjectKey, api::Namespace> namespaces;
  flow::Table<ObjectKey, api::ClusterTrustBundle> cluster_trust_bundles;
  // Input: what the infrastructure reports.
  flow::Table<std::string, ProxyState> proxy_states;
  // Input: what providers of logins say of themselves; one key, "" -> what cookies are made with.
  flow::Table<IssuerName, OidcIssuer> oidc_issuers;
  flow::Table<std::string, std::string> cookie_keys;
  // Input: what ACME wants to be seen, by (proxy, token), and how far certificates are, by Secret.
  flow::Table<ProxyName, PendingChallenge> challenges;
  flow::Table<ObjectKey, acme::CertificateState> certificate_states;
  // Input: what Envoys refuse (isolation.h).
  flow::Table<RouteKey, HeldRoute> held_routes;
  flow::Table<ResourceName, Refusal> refusals;
  // The same for clusters and endpoints (backend_isolation.h), by who is to be told.
  flow::Table<ObjectKey, Refusal> refused_backends;
  flow::Table<RouteKey, Refusal> routes_to_refused;

  // Grants by the namespace that they open.
  flow::Index<std::string, ObjectKey, api::ReferenceGrant> grants_of;
  // The same by the namespaces whose policies they let in.
  flow::Index<Text, ObjectKey, api::ReferenceGrant> grants_to_policies_of;
  // Slices by the Service that they belong to.
  flow::Index<ObjectKey, ObjectKey, api::EndpointSlice> slices_of;

  // CertificatePolicies by the Gateway or ListenerSet that they target, the oldest first.
  flow::Index<TargetKey, ObjectKey, api::CertificatePolicy, PolicyOrder> certificate_policies_of;

  // GatewayClass -> is it ours, with which settings.
  flow::Derived<ObjectKey, ClassModel> classes;
  // Secret -> certificate.
  flow::Derived<ObjectKey, Certificate> certificates;
  // Gateway -> how its clients are checked.
  flow::Derived<ObjectKey, FrontendTls> frontend_tls;
  // Service, Backend -> what routes and listeners need to know of it.
  flow::Derived<ObjectKey, BackendTarget> service_targets;
  flow::Derived<ObjectKey, BackendTarget> backend_targets;
  // Gateway -> its listeners, each looked at by itself.
  flow::Derived<ObjectKey, GatewayModel> gateway_specs;
  flow::Index<std::string, ObjectKey, GatewayModel, GatewayOrder> gateways_of_proxy;
  // ListenerSet -> its entries, each looked at by itself.
  flow::Derived<ObjectKey, ListenerSetModel> set_specs;
  flow::Index<ObjectKey, ObjectKey, ListenerSetModel, GatewayOrder> sets_of_gateway;
  // Proxy -> all its listeners with conflicts decided, and the ports.
  flow::Derived<std::string, ProxyModel> proxies;
  // Proxy with databases of where addresses are -> how it looks clients up.
  flow::Index<std::string, std::string, ProxyModel> proxies_with_databases;
  flow::Derived<std::string, GeoLookup> geo_lookups;
  // Proxy -> how it speaks TLS with backends that leave it open.
  flow::Derived<std::string, ProxyTls> proxy_tls;
  // Gateway -> its listeners as decided.
  flow::Derived<ObjectKey, GatewayModel> gateways;
  // ListenerSet -> its entries as decided.
  flow::Derived<ObjectKey, ListenerSetModel> sets;

  // HTTP-01 challenge -> where it is answered: in virtual hosts, and in route configurations that
  // have none for its name.
  flow::Derived<ProxyName, ChallengePlaces> challenge_places;
  flow::Index<VirtualHostKey, ProxyName, ChallengePlaces> challenges_of_virtual_host;
  flow::Index<ProxyName, ProxyName, ChallengePlaces> stray_challenges_of;
  // TLS-ALPN-01 challenges by proxy.
  flow::Index<Text, ProxyName, PendingChallenge> tls_challenges_of;

  // BackendTLSPolicies by what they target, first the one that prevails.
  flow::Index<TargetKey, ObjectKey, api::BackendTlsPolicy, PolicyOrder> policies_of_target;
  // BackendTLSPolicy -> TLS settings.
  flow::Derived<ObjectKey, BackendTls> backend_tls;
  // Backend that asks for TLS itself -> the same, with what its policy says instead.
  flow::Derived<ObjectKey, BackendTls> own_tls;

  // Route -> the listeners that take it, were it the only one.
  flow::Derived<RouteKey, Attachments> candidates;
  // (proxy, listener) -> HTTPRoutes and GRPCRoutes.
  flow::Index<ProxyName, RouteKey, Attachments> http_candidates;
  flow::Index<ProxyName, RouteKey, Attachments> grpc_candidates;
  // Listener with GRPCRoutes -> who gives way there.
  flow::Derived<ProxyName, HostnameConflicts> hostname_conflicts;
  // Route -> the listeners it attaches to.
  flow::Derived<RouteKey, Attachments> attachments;

  // What targetSelectors look through.
  flow::Index<RouteKey, RouteKey, RouteObject> routes_of_namespace;  // by kind; without a name
  flow::Index<Text, ObjectKey, GatewayModel> gateways_of_namespace;
  flow::Index<Text, ObjectKey, ListenerSetModel> sets_of_namespace;
  // SecurityPolicy -> its targets, and the policies of each target, first the one that prevails.
  flow::Derived<ObjectKey, PolicyTargets> policy_targets;
  flow::Index<RouteKey, ObjectKey, PolicyTargets, PolicyOrder> security_of_target;
  // SecurityPolicy of Gateways and ListenerSets -> their listeners.
  flow::Derived<ObjectKey, PolicyListeners> policy_listeners;
  flow::Index<ProxyName, ObjectKey, PolicyListeners, PolicyRank> policies_of_listener;
  // Route with policies -> which governs it, and which its rules.
  flow::Derived<RouteKey, RoutePolicies> route_policies;
  flow::Index<ProxyName, RouteKey, RoutePolicies> policied_routes;  // of a listener
  // Policies of routes merged over those of listeners (mergeType), by merged_key().
  flow::Index<ObjectKey, RouteKey, RoutePolicies> routes_of_merged;
  flow::Derived<ObjectKey, MergedPolicy> merged_policies;
  // SecurityPolicy -> what it is to what it targets.
  flow::Derived<ObjectKey, PolicyJwt> jwts;
  flow::Derived<ObjectKey, SecurityModel> security;
  flow::Derived<ObjectKey, ConnectionPolicy> connection_policies;
  // The same of merged ones; closed while the parent is.
  flow::Derived<ObjectKey, PolicyJwt> merged_jwts;
  flow::Derived<ObjectKey, SecurityModel> merged_security;

  // HTTPRouteFilter -> what it is to the routes that name it.
  flow::Derived<ObjectKey, RouteFilterModel> route_filter_models;
  // ClientTrafficPolicy -> how it checks clients; what it is to listeners; what it targets; and the
  // policies of each target, first the one that prevails.
  flow::Derived<ObjectKey, ClientChecks> client_checks;
  flow::Derived<ObjectKey, ClientPolicy> client_policies;
  flow::Derived<ObjectKey, PolicyTargets> client_targets;
  flow::Index<RouteKey, ObjectKey, PolicyTargets, PolicyOrder> client_policies_of_target;
  // ClientTrafficPolicy -> listeners; and which of them holds where.
  flow::Derived<ObjectKey, PolicyListeners> client_listeners;
  flow::Index<ProxyName, ObjectKey, PolicyListeners, PolicyRank> client_policies_of_listener;
  flow::Index<PortKey, ObjectKey, PolicyListeners> client_policies_of_port;
  flow::Derived<PortKey, PortPolicies> port_policies;
  flow::Index<ProxyName, PortKey, PortPolicies> closed_listeners;  // for requests
  flow::Index<ProxyName, ObjectKey, PolicyListeners> users_of_client_checks;
  flow::Derived<ProxyName, xds::Fragment> client_secrets;

  // Route -> its xDS and the clusters it uses.
  flow::Derived<RouteKey, TranslatedRoute> routes;

  // (proxy, listener) with filters of its own or a policy -> what they are to its virtual hosts.
  flow::Index<ProxyName, std::string, ProxyModel> guarded_listeners;
  flow::Derived<ProxyName, ListenerGuard> listener_guards;

  flow::Index<VirtualHostKey, RouteKey, TranslatedRoute, MatchOrder, xds::Fragment>
      routes_of_virtual_host;
  flow::Derived<VirtualHostKey, xds::Fragment> virtual_hosts;
  VirtualHosts virtual_hosts_of;
  // A listener's own hostname, where it has no routes -> a virtual host that answers 404 and leaves
  // nothing to a less specific listener.
  flow::Index<VirtualHostKey, std::string, ProxyModel> hosts_of_listeners;
  flow::Derived<VirtualHostKey, xds::Fragment> unserved_hosts;
  VirtualHosts unserved_hosts_of;
  flow::Index<ProxyName, std::string, ProxyModel> route_configuration_names;
  // SecurityPolicies with spec.jwt in the filters of each route configuration.
  flow::Index<JwtUse, RouteKey, TranslatedRoute> routes_with_jwt;
  flow::Index<JwtUse, ProxyName, ListenerGuard> guards_with_jwt;
  flow::Derived<JwtUse, xds::Fragment> jwt_uses;
  flow::Index<ProxyName, JwtUse, xds::Fragment> jwt_uses_of;
  flow::Derived<ProxyName, xds::Fragment> jwt_filters;
  // Route configuration of an HTTPS listener -> its virtual host for requests meant for others.
  flow::Derived<ProxyName, xds::Fragment> misdirected;
  // Route configuration -> the GRPCRoutes in it.
  flow::Index<ProxyName, RouteKey, TranslatedRoute> grpc_routes_of;
  flow::Derived<ProxyName, xds::Fragment> route_configurations;

  // (proxy, listener) of TLS, TCP and UDP -> what its filter chains have in common.
  flow::Index<ProxyName, std::string, ProxyModel> stream_listener_names;
  flow::Derived<ProxyName, StreamListener> stream_listeners;
  flow::Index<VirtualHostKey, RouteKey, TranslatedRoute, MatchOrder> routes_of_filter_chain;
  // Host on such a listener -> its filter chain (of UDP: its listener filter).
  flow::Derived<VirtualHostKey, xds::Fragment> filter_chains;
  flow::Index<ProxyName, VirtualHostKey, xds::Fragment> filter_chains_of;  // (proxy, listener)

  flow::Index<PortKey, std::string, ProxyModel> ports;
  flow::Derived<PortKey, xds::Fragment> listeners;

  // Clusters are used by routes, and by listeners themselves.
  flow::Index<ClusterRef, RouteKey, TranslatedRoute> users_of_cluster;
  flow::Index<ClusterRef, ProxyName, ListenerGuard> guards_of_cluster;
  flow::Derived<ClusterRef, xds::Fragment> clusters;
  flow::Derived<ClusterRef, xds::Fragment> endpoints;
  flow::Index<ProxyCluster, RouteKey, TranslatedRoute> users_of_proxy_cluster;
  flow::Index<ProxyCluster, ProxyName, ListenerGuard> listeners_with_cluster;
  flow::Derived<ProxyCluster, xds::Fragment> proxy_clusters;
  flow::Derived<ProxyCluster, xds::Fragment> proxy_endpoints;
  // Which clusters of which proxies lead to a Service or Backend.
  flow::Index<TargetKey, ProxyCluster, xds::Fragment> clusters_of_target;

  // BackendTLSPolicy, Backend -> the secrets that its TLS needs.
  flow::Derived<ObjectKey, SecretUse> policy_secrets;
  flow::Derived<ObjectKey, SecretUse> backend_secrets;
  // ClientTrafficPolicy -> the CAs that another SDS server has.
  flow::Derived<ObjectKey, SecretUse> client_cas;
  flow::Index<ProxyName, std::string, ProxyModel> users_of_secret;
  flow::Index<ProxyName, ObjectKey, SecretUse> backends_with_secret;
  flow::Derived<ProxyName, xds::Fragment> secrets;

  // Other SDS servers, by socket: who reaches them, and the clusters that lead there.
  flow::Index<ProxyName, std::string, ProxyModel> proxies_with_sds;
  flow::Index<ProxyName, ObjectKey, SecretUse> policies_with_sds;
  flow::Index<ProxyName, ObjectKey, SecretUse> backends_with_sds;
  flow::Index<ProxyName, ObjectKey, SecretUse> clients_with_sds;
  flow::Derived<ProxyName, xds::Fragment> sds_clusters;

  // What filters need: secrets, and issuers of logins whose endpoints are to be found.
  flow::Index<ProxyName, RouteKey, TranslatedRoute> routes_with_needs;
  flow::Index<ProxyName, ProxyName, ListenerGuard> guards_with_needs;
  flow::Derived<ProxyName, xds::Fragment> filter_secrets;
  flow::Index<IssuerKey, RouteKey, TranslatedRoute> routes_of_issuer;
  flow::Index<IssuerKey, ProxyName, ListenerGuard> guards_of_issuer;
  flow::Derived<IssuerKey, IssuerTrust> wanted_issuers;

  flow::Derived<std::string, infra::ProxyPlan> plans;

  // CertificatePolicy -> issuers, and the Gateways and ListenerSets that name it in their
  // annotation; all that have the annotation, by themselves.
  flow::Derived<ObjectKey, IssuersModel> certificate_issuers;
  flow::Index<ObjectKey, ObjectKey, api::Gateway> gateways_naming_policy;
  flow::Index<ObjectKey, ObjectKey, api::ListenerSet> sets_naming_policy;
  flow::Index<TargetKey, ObjectKey, api::Gateway> annotated_gateways;
  flow::Index<TargetKey, ObjectKey, api::ListenerSet> annotated_sets;
  // Gateway or ListenerSet with a policy or the annotation -> the certificates that its listeners
  // ask for; and these by Secret.
  flow::Derived<TargetKey, OwnedCertificates> owned_certificates;
  flow::Index<ObjectKey, TargetKey, OwnedCertificates> uses_of_certificate;
  flow::Derived<ObjectKey, WantedCertificate> wanted_certificates;

  // Statuses.
  flow::Index<ProxyName, RouteKey, Attachments> attached_to;  // listener (IR name) -> routes
  flow::Derived<ObjectKey, api::GatewayClassStatus> class_statuses;
  flow::Index<ObjectKey, ObjectKey, ListenerSetModel> accepted_sets;  // of a Gateway
  flow::Derived<ObjectKey, api::GatewayStatus> gateway_statuses;
  flow::Derived<ObjectKey, api::ListenerSetStatus> set_statuses;
  flow::Sharing<api::RouteStatus> shared_route_statuses;  // most routes have the same status
  flow::Derived<RouteKey, api::RouteStatus> route_statuses;
  flow::Derived<ObjectKey, api::BackendStatus> backend_statuses;
  flow::Derived<ObjectKey, api::PolicyStatus> policy_statuses;
  flow::Derived<ObjectKey, api::PolicyStatus> security_statuses;
  flow::Derived<ObjectKey, api::PolicyStatus> client_policy_statuses;
  flow::Derived<ObjectKey, api::PolicyStatus> certificate_policy_statuses;
};

}  // namespace limen::translate

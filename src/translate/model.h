// The values that flow between the rules: small, comparable, owned.
//
// Words are the Gateway API's (listener, parent_ref, attachment) and xDS's (virtual host, route
// configuration, cluster).  "proxy" is a group of Envoys with one configuration: node.cluster,
// "<namespace>/<gateway>", or the GatewayClass's name where its Gateways are merged.
#pragma once

#include <absl/hash/hash.h>

#include <algorithm>
#include <compare>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "api/kinds.h"
#include "base/box.h"
#include "infra/plan.h"
#include "translate/backend_model.h"
#include "translate/route_object.h"
#include "xds/resources/resource.h"

namespace limen::translate {

// ---- GatewayClass
// --------------------------------------------------------------------------------

struct ClassModel {
  Verdict accepted;
  std::shared_ptr<const api::EnvoyProxySpec> settings;  // nullptr: no parametersRef
  infra::PlanOwner owner;
  ObjectKey envoy_proxy = {};  // whose settings these are

  bool operator==(const ClassModel& other) const;
};

// ---- Gateway
// -------------------------------------------------------------------------------------

enum class Protocol { kHttp, kHttps, kTls, kTcp, kUdp, kOther };

inline Transport transport_of(Protocol protocol) {
  return protocol == Protocol::kUdp ? Transport::kUdp : Transport::kTcp;
}
// Whether HTTPRoutes attach, which become route configurations; routes of connections and datagrams
// become parts of the xDS listener itself.
inline bool serves_http(Protocol protocol) {
  return protocol == Protocol::kHttp || protocol == Protocol::kHttps;
}

// An ExternalAuth filter of a listener.  GEP-5224.
struct ListenerAuth {
  api::HttpExternalAuthFilter filter;
  std::optional<ClusterRef> cluster;  // nullopt: the service is not known, and nobody gets through

  bool operator==(const ListenerAuth&) const = default;
};

struct ListenerModel {
  ObjectKey gateway;
  ObjectKey set;         // the ListenerSet that it is an entry of; empty: the Gateway's own
  std::string name;      // spec.listeners[].name
  std::string hostname;  // "*" where none is given
  int32_t port = 0;
  Protocol protocol = Protocol::kHttp;
  bool passthrough = false;  // TLS: it is the backend that ends it
  api::RouteNamespaces namespaces;
  std::vector<std::string> kinds;               // names of route kinds that may attach
  std::vector<SdsSecret> secrets;               // the usable certificates
  Verdict accepted, resolved_refs, conflicted;  // conflicted.ok: there is no conflict
  Verdict programmed;                           // what stands in the way apart from those three
  SdsSecret client_ca;                          // empty: clients need no certificate
  bool insecure_clients = false;                // AllowInsecureFallback
  bool awaits_certificate = false;              // it has none, and ACME is to obtain it
  std::vector<ListenerAuth> auths;              // what requests pass before they are routed
  std::vector<std::string> addresses = {"0.0.0.0"};  // to bind; empty: none of the wanted is usable

  // Decided among all listeners of the proxy.
  Verdict overlapping_tls;                 // ok: there is no overlap
  std::string port_name;                   // of the xDS listener; empty: it is not served
  std::string route_configuration;         // empty: it is not served, or serves no HTTP
  std::vector<std::string> more_specific;  // hostnames on its port that it covers; sorted

  bool operator==(const ListenerModel&) const = default;
  bool ready() const { return accepted.ok && conflicted.ok && programmed.ok; }
  bool served() const { return ready() && !port_name.empty(); }
  // Relative to which its references and allowedRoutes are.
  const Text& name_space() const { return set.name.empty() ? gateway.name_space : set.name_space; }
  // Envoy Gateway's name for it: "<namespace>/<gateway>/<listener>", or, of a ListenerSet,
  // "<namespace>/<gateway>/<set's namespace>/<set>/<listener>".
  std::string ir_name() const {
    return gateway.text() + (set.name.empty() ? "" : "/" + set.text()) + "/" + name;
  }
};

// How a Gateway checks its clients' certificates on a port.
struct ClientValidation {
  int32_t port = 0;                 // 0: on ports without an entry of their own
  Verdict resolved_refs, accepted;  // of the listeners there
  SdsSecret secret;                 // the CAs; empty: clients need no certificate
  bool insecure = false;            // any certificate is let through, and none

  bool operator==(const ClientValidation&) const = default;
};

// spec.tls.frontend of a Gateway, its CAs read.
struct FrontendTls {
  std::vector<ClientValidation> validations;  // the default is the first
  std::vector<FragmentPtr> secrets;           // of the same order; nullptr: there is none

  bool operator==(const FrontendTls& other) const;
};

// What is shown to backends that speak TLS.  Not usable: those get no connections.
struct ClientCertificate {
  ObjectKey gateway;  // whose it is; empty: the EnvoyProxy's
  Verdict usable;
  SdsSecret secret;

  bool operator==(const ClientCertificate&) const = default;
  bool is_gateways() const { return !gateway.name.empty(); }
};

// How a proxy speaks TLS with backends that leave it open: EnvoyProxy.spec.backendTLS and
// spec.tls.backend of Gateways.
struct ProxyTls {
  Verdict usable;  // of the settings; not ok: nothing is sent to backends that speak TLS
  api::TlsSettings settings;
  std::optional<ClientCertificate> client_certificate;

  bool operator==(const ProxyTls&) const = default;
};

struct GatewayModel {
  ObjectKey key;
  Text uid;
  infra::PlanOwner gateway_class;
  std::string proxy;
  api::Time created;
  Verdict accepted;
  Verdict addressed;                   // not ok: some of spec.addresses are not usable
  std::vector<std::string> addresses;  // the usable ones of spec.addresses, or those of the host
  bool wants_any_address = false;      // one that the platform chooses
  bool wants_cluster_address = false;  // one inside of the cluster.  GEP-1651, Cluster
  std::map<std::string, std::string> labels, annotations;  // of spec.infrastructure
  std::shared_ptr<const api::EnvoyProxySpec> settings;
  ObjectKey envoy_proxy;  // whose settings these are
  ProxyTls backend_tls;
  std::vector<ClientValidation> client_validations;  // empty, or the default is the first
  std::vector<ListenerModel> listeners;              // its own, in the order of the spec

  bool operator==(const GatewayModel& other) const;
};

// A ListenerSet whose Gateway is one of ours.  GEP-1713.
struct ListenerSetModel {
  ObjectKey gateway;
  std::string proxy;
  api::Time created;
  Verdict attached;                      // not ok: NotAllowed, ParentNotAccepted
  std::vector<ListenerModel> listeners;  // in the order of the spec

  bool operator==(const ListenerSetModel&) const = default;
  bool accepted() const {
    return attached.ok && std::any_of(listeners.begin(), listeners.end(),
                                      [](const ListenerModel& entry) { return entry.ready(); });
  }
};

// ---- Proxy: the Gateways that share Envoys
// -------------------------------------------------------

// What one port serves: an xDS listener.
struct PortModel {
  std::string name;  // of the xDS listener
  int32_t port = 0;
  int32_t bind_port = 0;
  std::vector<std::string> addresses;    // at least one
  Protocol protocol = Protocol::kHttp;   // of the first; HTTPS and TLS can stand together
  bool looks_up_places = false;          // it finds out where the clients of requests are
  std::vector<ListenerModel> listeners;  // ready ones; the first gives the name
  // Where there are none: one that awaits its certificate, for which challenges are answered.
  std::optional<ListenerModel> awaiting;

  bool operator==(const PortModel&) const = default;
  Transport transport() const { return transport_of(protocol); }
};

struct ProxyModel {
  std::shared_ptr<const api::EnvoyProxySpec> settings;
  infra::PlanOwner gateway_class;
  std::vector<infra::PlanOwner> gateways;  // the oldest first
  std::vector<std::string> addresses;      // that they ask for
  bool cluster_only = false;               // none is to be reached from outside of the cluster
  std::map<std::string, std::string> labels, annotations;
  ProxyTls backend_tls;  // with the certificate of the first Gateway that has one
  // Of all Gateways and ListenerSets in the order of precedence, conflicts decided.
  std::vector<ListenerModel> listeners;
  std::vector<PortModel> ports;
  // Look-up, made from the above: where a Gateway's own listeners (with an empty second key) or the
  // entries of a ListenerSet stand, and the first listener of each route configuration.
  std::map<std::pair<ObjectKey, ObjectKey>, std::pair<size_t, size_t>> ranges;
  std::map<std::string, size_t, std::less<>> route_configurations;
  // IR name -> the served TLS, TCP or UDP listener of that name.
  std::map<std::string, size_t, std::less<>> stream_listeners;
  // IR name -> the served listener of that name that has `auths`.
  std::map<std::string, size_t, std::less<>> guarded_listeners;

  std::vector<ListenerModel> listeners_of(const ObjectKey& gateway, const ObjectKey& set) const;
  const PortModel* port_at(Transport transport, int32_t number) const;  // nullptr: none

  bool operator==(const ProxyModel& other) const;
};

// A SecurityPolicy with spec.jwt where a filter needs to know it.
struct JwtUse {
  Text proxy;
  Text route_configuration;
  ObjectKey policy;
  auto operator<=>(const JwtUse&) const = default;
  template <class H>
  friend H AbslHashValue(H h, const JwtUse& use) {
    return H::combine(std::move(h), use.proxy, use.route_configuration, use.policy);
  }
};

// A provider whose endpoints are to be found.
struct IssuerKey {
  Text issuer;
  ClusterRef backend = {};  // whose CAs its server is verified by; default: the system's
  auto operator<=>(const IssuerKey&) const = default;
  template <class H>
  friend H AbslHashValue(H h, const IssuerKey& key) {
    return H::combine(std::move(h), key.issuer, key.backend);
  }
};

// What the filters of SecurityPolicies that log users in, and of HTTPRouteFilters, need of a proxy,
// and of us.
struct Login;
struct FilterNeeds {
  std::set<std::string> secrets;  // SDS names
  std::set<IssuerKey> issuers;    // whose endpoints are to be found

  bool operator==(const FilterNeeds&) const = default;
  void add(const Login& login);
};

// What the virtual hosts of a listener with `auths`, or with a SecurityPolicy, have besides their
// routes.
struct ListenerGuard {
  ObjectKey gateway;                 // whose listener it is
  FragmentPtr virtual_host;          // VirtualHost with what configures the filters
  std::vector<FragmentPtr> rest;     // Routes for requests that no other route takes
  bool closed = false;               // ... which are all, for a service is not known
  std::vector<ClusterRef> clusters;  // that filters use; sorted, unique
  std::optional<JwtUse> jwt;
  FilterNeeds needs;

  bool operator==(const ListenerGuard& other) const;
};

// What the filter chains of a TLS, TCP or UDP listener have in common.
struct StreamListener {
  Protocol protocol = Protocol::kTcp;
  FragmentPtr chain;  // envoy.config.listener.v3.FilterChain without server names and filters

  bool operator==(const StreamListener& other) const {
    return protocol == other.protocol && *chain == *other.chain;
  }
};

struct PortKey {
  std::string proxy;
  Transport transport = Transport::kTcp;
  int32_t port = 0;
  auto operator<=>(const PortKey&) const = default;
  template <class H>
  friend H AbslHashValue(H h, const PortKey& key) {
    return H::combine(std::move(h), key.proxy, key.transport, key.port);
  }
};

// ---- Names within a proxy
// ------------------------------------------------------------------------

// A named thing of a proxy: a route configuration, a secret.
struct ProxyName {
  Text proxy;
  Text name;
  auto operator<=>(const ProxyName&) const = default;
  template <class H>
  friend H AbslHashValue(H h, const ProxyName& key) {
    return H::combine(std::move(h), key.proxy, key.name);
  }
};

// A host on a listener: a virtual host, or what serves the connections of a server name.
struct VirtualHostKey {
  Text proxy;
  Text route_configuration;  // empty: of a TLS, TCP or UDP listener
  Text listener;             // IR name
  Text host;
  auto operator<=>(const VirtualHostKey&) const = default;
  template <class H>
  friend H AbslHashValue(H h, const VirtualHostKey& key) {
    return H::combine(std::move(h), key.proxy, key.route_configuration, key.listener, key.host);
  }
};

// ---- Route
// ---------------------------------------------------------------------------------------

// A host that a route serves on a listener.
struct RouteHost {
  Text host;
  int16_t own = 0;  // specificity of the route's own hostname that it comes from
  auto operator<=>(const RouteHost&) const = default;
};

// The hosts that a route serves on one listener.
struct AttachedListener {
  ObjectKey gateway;
  Text proxy;
  Text listener;  // IR name
  Text section;   // spec.listeners[].name
  Text route_configuration;
  int32_t port = 0;
  bool https = false;
  bool passthrough = false;  // TLS goes on to the backend
  std::vector<RouteHost> hosts;

  bool operator==(const AttachedListener&) const = default;
};

// What became of one parentRef.
struct Attachment {
  bool ours = false;  // the parent is a Gateway of one of our classes, or a ListenerSet of one
  Verdict accepted;
  std::vector<AttachedListener> listeners;
  std::vector<ProxyName> idle;  // listeners (IR names) that take the route, but are not served

  bool operator==(const Attachment&) const = default;
};

struct Attachments {
  std::vector<Attachment> parents;  // as spec.parentRefs
  int64_t created = 0;              // of the route, in seconds
  bool operator==(const Attachments&) const = default;
};

// The HTTPRoutes and GRPCRoutes that give way on a listener, and to whom.
struct HostnameConflicts {
  std::map<RouteKey, RouteKey> rejected;
  bool operator==(const HostnameConflicts&) const = default;
};

// ---- Translated route
// ----------------------------------------------------------------------------

// The specification's order among the matches of one virtual host: smaller is tried first.
// Source: HTTPRouteRule.matches and GRPCRouteRule.matches ("Precedence"); regular expressions of
// HTTPRoutes go between exact and prefix.  In a GRPCRoute's, the path is the service.
struct MatchOrder {
  int16_t hostname = 0;  // negated specificity of the route's own hostname
  uint8_t path_rank = 0;
  int16_t path_length = 0;  // negated
  int16_t method = 0;       // 0 with, 1 without; of a GRPCRoute negated length
  int8_t headers = 0;       // negated
  int8_t query_params = 0;  // negated
  int64_t created = 0;
  RouteKey route;
  uint32_t entry = 0;  // in TranslatedRoute::entries, which are in the order of rules and matches

  auto operator<=>(const MatchOrder&) const = default;
};

// One xDS route of one virtual host; or, without a route configuration, the network filter (of UDP,
// the listener filter) that serves the connections of one host on one listener.
struct RouteEntry {
  VirtualHostKey virtual_host;
  MatchOrder order;
  FragmentPtr route;

  bool operator==(const RouteEntry& other) const {
    return virtual_host == other.virtual_host && order == other.order && *route == *other.route;
  }
};

struct TranslatedRoute {
  std::vector<RouteEntry> entries;
  std::vector<ProxyCluster> clusters;  // sorted, unique
  Verdict resolved_refs;
  bool all_rules_failed = false;
  uint16_t secured = 0;          // bit i: a SecurityPolicy governs rule i, of 16 at most
  Box<std::vector<JwtUse>> jwt;  // sorted, unique
  Box<FilterNeeds> needs;        // on each of the route's proxies
  Box<Verdict> rules;            // some or all rules could not be translated
  Box<Verdict> envoy;            // Envoy refuses the route, and these are the last good entries

  bool operator==(const TranslatedRoute&) const = default;
};

// ---- Refusals
// --------------------------------------------------------------------------------------

// A route whose last good version stands in for it.
struct HeldRoute {
  std::shared_ptr<const TranslatedRoute> last_good;  // nullptr: there is none
  std::string refusal;  // Envoy's message; "": only while others are tried

  bool operator==(const HeldRoute&) const = default;
};

struct Refusal {
  std::string message;  // Envoy's
  bool operator==(const Refusal&) const = default;
};

struct ResourceName {
  std::string proxy;
  xds::ResourceType type;
  std::string name;

  bool operator==(const ResourceName&) const = default;
  template <class H>
  friend H AbslHashValue(H h, const ResourceName& key) {
    return H::combine(std::move(h), key.proxy, key.type, key.name);
  }
};

// ---- Certificate
// ---------------------------------------------------------------------------------

// A Secret looked at as a TLS certificate.
struct Certificate {
  Verdict usable;
  FragmentPtr
      secret;      // envoy.extensions.transport_sockets.tls.v3.Secret; nullptr where we have none
  SdsSecret name;  // iff usable
  Text staple_mistake = {};  // why it goes without its OCSP response; empty: it does not

  bool operator==(const Certificate& other) const {
    return usable == other.usable && name == other.name && staple_mistake == other.staple_mistake &&
           same(secret, other.secret);
  }
};

}  // namespace limen::translate

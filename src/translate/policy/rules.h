// The rules about policies.  Each is pure; nullptr means "no row".  Called by the pipeline and by
// translate/backend.  Source: GEP-713; of BackendTLSPolicy, GEP-1897.
#pragma once

#include <set>

#include "translate/grants.h"
#include "translate/world.h"

namespace limen::translate {

// What a targetRef of a policy in that namespace names; nullopt: a kind that we know nothing of.
std::optional<TargetKey> target_of(const Text& name_space,
                                   const api::LocalPolicyTargetReferenceWithSectionName& ref);

// A policy as TLS settings, its CAs read.
std::shared_ptr<const BackendTls> read_backend_tls(flow::Reads& reads, World& world,
                                                   const ObjectKey& key);

// spec.tls of a Backend, its CAs and certificate read.  What its policy says is taken instead.
std::shared_ptr<const BackendTls> read_own_tls(flow::Reads& reads, World& world,
                                               const ObjectKey& key);

// Whether policies apply to it: TLS that is passed through is the client's own, datagrams carry
// none of ours, and a URL says itself what it wants.  Of a group, they apply to its members.
inline bool takes_tls(const ClusterRef& cluster) {
  return !cluster.is_server() && !cluster.is_group() && cluster.protocol != BackendProtocol::kTls &&
         cluster.protocol != BackendProtocol::kUdp;
}

// The policy that governs a cluster: one that names the port beats one that names the whole target,
// then the oldest, then the first by name.  nullptr: none.
const ObjectKey* governing_policy(flow::Reads& reads, World& world, const ClusterRef& cluster);

// What its policy and the Backend say; nullptr: plain text.
const BackendTls* tls_of(flow::Reads& reads, World& world, const ClusterRef& cluster);

// Whether nothing but the Host of requests says whose certificate is good.
bool names_no_server(flow::Reads& reads, World& world, const ClusterRef& cluster);

// Whether it, or a member of the group, has one.
bool takes_tls_somewhere(flow::Reads& reads, World& world, const ClusterRef& cluster);

// One entry a Gateway whose routes use a target of the policy, behind those of other controllers,
// at most 16.  Source: GEP-713, PolicyStatus.ancestors.
std::shared_ptr<const api::PolicyStatus> policy_status(flow::Reads& reads, World& world,
                                                       const ObjectKey& key);

// Of PolicyStatus.ancestors.
inline constexpr size_t kMostAncestors = 16;
// The entries of other controllers.
api::PolicyStatus others_of(const api::PolicyStatus& status, const Options& options);

// ---- SecurityPolicy

// What a policy asks of tokens; nullptr: it asks for none.
std::shared_ptr<const PolicyJwt> read_jwt(flow::Reads& reads, World& world, const ObjectKey& key);
// A policy as filters; where something is wrong with it, as filters that let nobody through.
std::shared_ptr<const SecurityModel> read_security(flow::Reads& reads, World& world,
                                                   const ObjectKey& key);

// A row of merged_policies: what a route's policy and that of its listener say together.
std::shared_ptr<const MergedPolicy> merge_policies(flow::Reads& reads, World& world,
                                                   const ObjectKey& key);

// The same for the connections of TCPRoutes; nullptr: it targets none.
std::shared_ptr<const ConnectionPolicy> read_connection_policy(flow::Reads& reads, World& world,
                                                               const ObjectKey& key);

// How a wanted provider is verified; nullptr: it can't be, and is not asked.
std::shared_ptr<const IssuerTrust> trust_issuer(flow::Reads& reads, World& world,
                                                const IssuerKey& key);

// A secret of a policy that logs users in, by its SDS name, for a proxy.
std::shared_ptr<const xds::Fragment> share_login_secret(flow::Reads& reads, World& world,
                                                        const ProxyName& key);

// What a policy of that kind targets, be it there or not.
std::shared_ptr<PolicyTargets> find_targets(flow::Reads& reads, World& world, std::string_view kind,
                                            const api::ObjectMeta& policy,
                                            const api::PolicyTargetReferences& references);
// The served listeners behind these targets, of protocols that `takes` says; nullptr: none.
std::shared_ptr<const PolicyListeners> find_listeners(flow::Reads& reads, World& world,
                                                      const PolicyTargets& targets,
                                                      bool (*takes)(Protocol));

std::shared_ptr<const PolicyTargets> targets_of_policy(flow::Reads& reads, World& world,
                                                       const ObjectKey& key);

// What a targetSelector of a policy selects in its namespace, and where ReferenceGrants let it.
std::set<RouteKey> selected_by(flow::Reads& reads, World& world, const Referrer& policy,
                               const api::TargetSelector& selector);

bool has_rule(const RouteObject& route, const Text& name);
// Which policies govern a route and its rules; nullptr: none, or the target is no route.
std::shared_ptr<const RoutePolicies> policies_of_route(flow::Reads& reads, World& world,
                                                       const RouteKey& key);

// The listeners whose routes a policy governs unless a more specific one does.
std::shared_ptr<const PolicyListeners> listeners_of_policy(flow::Reads& reads, World& world,
                                                           const ObjectKey& key);

// What a policy's tokens need in a filter.
std::shared_ptr<const xds::Fragment> jwt_of_use(flow::Reads& reads, World& world,
                                                const JwtUse& use);
// The configuration of jwt_authn in the listeners with that route configuration.  It is there
// before the first policy, so that listeners find it.
std::shared_ptr<const xds::Fragment> join_jwt_filter(flow::Reads& reads, World& world,
                                                     const ProxyName& key);
// `after` with what only `before` has; nullptr: nothing has.  Routes that Envoy still has may ask
// for it.
FragmentPtr jwt_filter_between(const FragmentPtr& before, const FragmentPtr& after);

// One entry a Gateway or ListenerSet, or section of one, at most 16; so of ClientTrafficPolicies.
std::shared_ptr<const api::PolicyStatus> security_status(flow::Reads& reads, World& world,
                                                         const ObjectKey& key);

// ---- ClientTrafficPolicy

// How a policy checks clients' certificates; nullptr: it does not.
std::shared_ptr<const ClientChecks> read_client_checks(flow::Reads& reads, World& world,
                                                       const ObjectKey& key);
std::shared_ptr<const ClientPolicy> read_client_policy(flow::Reads& reads, World& world,
                                                       const ObjectKey& key);
std::shared_ptr<const PolicyTargets> targets_of_client_policy(flow::Reads& reads, World& world,
                                                              const ObjectKey& key);
std::shared_ptr<const PolicyListeners> listeners_of_client_policy(flow::Reads& reads, World& world,
                                                                  const ObjectKey& key);

// Which policies hold for a port's listeners.  What is closed is so because of `in_force`, or of
// what is wrong with the policy itself.
std::shared_ptr<const PortPolicies> settle_port_policies(flow::Reads& reads, World& world,
                                                         const PortKey& key);

// What a listener has to know of its policy.
struct ListenerRule {
  bool closed = false;                 // no connection is served
  const ClientPolicy* tls = nullptr;   // whose word holds for TLS; nullptr: nobody's
  const ClientPolicy* http = nullptr;  // ... for connections and requests
  ObjectKey policy = {};
};
ListenerRule rule_of(flow::Reads& reads, World& world, const PortKey& port,
                     const std::string& listener);
// The same of a socket, and of plain HTTP on it.
const ClientPolicy* policy_of_socket(flow::Reads& reads, World& world, const PortKey& port);

// Where the CAs of its checks are another SDS server's; nullptr: they are not.
std::shared_ptr<const SecretUse> cas_of_clients(flow::Reads& reads, World& world,
                                                const ObjectKey& policy);
// The SDS secret with a policy's checks.
std::shared_ptr<const xds::Fragment> share_client_checks(flow::Reads& reads, World& world,
                                                         const ProxyName& key);

std::shared_ptr<const api::PolicyStatus> client_policy_status(flow::Reads& reads, World& world,
                                                              const ObjectKey& key);

}  // namespace limen::translate

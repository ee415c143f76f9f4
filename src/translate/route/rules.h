// The rules about routes and what they become.  Each is pure; nullptr means "no row".  Called
// by the pipeline only.
#pragma once

#include "translate/world.h"

namespace limen::translate {

// Which listeners would take a route, and why not: one Attachment a parentRef.
std::shared_ptr<const Attachments> attach(flow::Reads& reads, World& world, const RouteKey& key);

// Which HTTPRoutes and GRPCRoutes give way on a listener; nullptr: there are no HTTPRoutes.
std::shared_ptr<const HostnameConflicts> find_hostname_conflicts(flow::Reads& reads, World& world,
                                                                 const ProxyName& key);

// A route's attachments without the listeners on which it gives way.
std::shared_ptr<const Attachments> settle_attachments(flow::Reads& reads, World& world,
                                                      const RouteKey& key);

// What an attached route becomes, by its kind.
std::shared_ptr<const TranslatedRoute> translate_route(flow::Reads& reads, World& world,
                                                       const RouteKey& key);

// An HTTPRouteFilter as an HTTP filter.
std::shared_ptr<const RouteFilterModel> read_route_filter(flow::Reads& reads, World& world,
                                                          const ObjectKey& key);
// SDS names of their secrets, which end in "<namespace>/<name>" (Envoy Gateway's); and such a
// secret.
inline constexpr char kCredentialSecrets[] = "credential_injector/credential/";
std::shared_ptr<const xds::Fragment> credential_secret(flow::Reads& reads, World& world,
                                                       std::string_view name);

// What the filters of a listener are to its virtual hosts.  The route of requests that no other
// takes has a name that ends so.
inline constexpr char kUnrouted[] = "/_unrouted";
std::shared_ptr<const ListenerGuard> guard_listener(flow::Reads& reads, World& world,
                                                    const ProxyName& key);

// All routes of one host on one listener, in order of precedence.
std::shared_ptr<const xds::Fragment> join_virtual_host(flow::Reads& reads, World& world,
                                                       const VirtualHostKey& key);

// The join of a route configuration's virtual hosts.
std::shared_ptr<const xds::Fragment> join_route_configuration(flow::Reads& reads, World& world,
                                                              const ProxyName& key);

// Where an HTTP-01 challenge is answered; no row: it is of another type.
std::shared_ptr<const ChallengePlaces> place_challenge(flow::Reads& reads, World& world,
                                                       const ProxyName& key);
// The routes that answer challenges on a virtual host, before all others.
void add_challenges(flow::Reads& reads, World& world, const VirtualHostKey& key,
                    const ListenerGuard* guard, xds::FragmentBuilder& joined);
// Virtual hosts of a plain HTTP port for challenges that no listener of it has a host for.
void add_challenge_hosts(flow::Reads& reads, World& world, const ProxyName& route_configuration,
                         xds::FragmentBuilder& joined);

// A virtual host without routes for a listener's own hostname; nullptr where it has routes.
std::shared_ptr<const xds::Fragment> hold_unserved_host(flow::Reads& reads, World& world,
                                                        const VirtualHostKey& key);

// What the filter chains of a TLS, TCP or UDP listener have in common.
std::shared_ptr<const StreamListener> read_stream_listener(flow::Reads& reads, World& world,
                                                           const ProxyName& key);

// The filter chain of a host on such a listener; of a UDP listener, its listener filter.  Of
// several routes the first by precedence gets all.
std::shared_ptr<const xds::Fragment> join_filter_chain(flow::Reads& reads, World& world,
                                                       const VirtualHostKey& key);

// The same where no route is for the listener's own hostname: it closes, or drops, what comes, and
// leaves nothing to a less specific listener.
FragmentPtr closing_chain(const ListenerModel& listener);

// The virtual host of an HTTPS listener that answers 421 to requests for hosts of other listeners
// on its port; nullptr: there are none.  With more than so many that it does not cover, hosts that
// no listener has get 421 too, where 404 would be right.
inline constexpr size_t kMostHostsElsewhere = 100;
FragmentPtr misdirected_requests(const ProxyModel& proxy, const ListenerModel& listener);
// The same for the listener of a route configuration.
std::shared_ptr<const xds::Fragment> refuse_misdirected(flow::Reads& reads, World& world,
                                                        const ProxyName& key);

// The name of the route configuration of a listener: of a port's first listener for HTTP, its own
// for HTTPS.
std::string route_configuration_of(const PortModel& port, const ListenerModel& listener);

}  // namespace limen::translate

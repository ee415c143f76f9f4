// The rules that make backends' targets, clusters and their endpoints.  Pure; nullptr means "no
// row".  Called by the pipeline only.
#pragma once

#include <envoy/config/endpoint/v3/endpoint_components.pb.h>

#include "translate/world.h"

namespace limen::translate {

std::shared_ptr<const BackendTarget> target_of_service(flow::Reads& reads, World& world,
                                                       const ObjectKey& key);
std::shared_ptr<const BackendTarget> target_of_backend(flow::Reads& reads, World& world,
                                                       const ObjectKey& key);

std::shared_ptr<const xds::Fragment> build_cluster(flow::Reads& reads, World& world,
                                                   const ClusterRef& ref);

// The same for a proxy, which may show a certificate of its own to backends that speak TLS.
std::shared_ptr<const xds::Fragment> cluster_of_proxy(flow::Reads& reads, World& world,
                                                      const ProxyCluster& key);
std::shared_ptr<const xds::Fragment> endpoints_of_proxy(flow::Reads& reads, World& world,
                                                        const ProxyCluster& key);

// What an endpoint of a cluster of several backends says whose it is, so that TLS is that
// backend's.
inline constexpr char kTransportSocketMatch[] = "envoy.transport_socket_match";
inline constexpr char kMember[] = "backend";

// Adds the endpoints that are known by their addresses; false: the backend is gone, or its are
// names.
bool add_endpoints(flow::Reads& reads, World& world, const ClusterRef& ref,
                   envoy::config::endpoint::v3::LocalityLbEndpoints& out);
// What tells apart the endpoints of several backends: locality, share, priority.
void write_locality(const ClusterRef& cluster, const ClusterMember& member, bool tls,
                    envoy::config::endpoint::v3::LocalityLbEndpoints& out);

// What stands in for a cluster to which nothing may be sent: requests are answered with 503.
std::shared_ptr<const xds::Fragment> cluster_without_endpoints(const ClusterRef& ref);

// The cluster that leads to the SDS server at a socket (translate/sds.h).
std::shared_ptr<const xds::Fragment> build_sds_cluster(const std::string& socket);

// The cluster, named by the first secret of a login (secrets_of_login()), that is ready once Envoy
// has its secrets; nothing is sent to it.  A new Envoy takes its listeners when clusters are ready:
// so oauth2, which routes bring along, finds its secrets (503 without).  nullptr: it is no first.
std::shared_ptr<const xds::Fragment> build_awaiting_cluster(const std::string& secret);

// Whether all that is TLS in `wanted`, of a cluster the same, is TLS in the cluster.
bool keeps_tls(const xds::Fragment& cluster, const xds::Fragment& wanted);

// nullptr also where the cluster carries its endpoints itself (DNS), or may have none (its TLS
// policy cannot be used).
std::shared_ptr<const xds::Fragment> build_endpoints(flow::Reads& reads, World& world,
                                                     const ClusterRef& ref);

}  // namespace limen::translate

// backendRefs -> clusters, or why not.
#pragma once

#include "base/url.h"
#include "translate/grants.h"

namespace limen::translate {

// Names a cluster that is never defined: requests that are sent there are answered with
// cluster_not_found_response_code, connections are closed, datagrams are dropped.
inline constexpr char kInvalidBackend[] = "invalid-backend-cluster";

struct ResolvedBackend {
  Verdict verdict;
  ClusterRef cluster;  // iff verdict.ok
};

// A backendRef of the route `from`.
ResolvedBackend resolve_backend(flow::Reads& reads, World& world, const RouteKey& from,
                                const api::BackendObjectReference& ref);

// The service that an object of that kind and namespace makes Envoy ask about requests.
ResolvedBackend resolve_auth_service(flow::Reads& reads, World& world, const Referrer& from,
                                     const api::BackendObjectReference& ref, bool grpc);
// The same of an ExternalAuth filter.
ResolvedBackend resolve_auth_service(flow::Reads& reads, World& world, const Referrer& from,
                                     const api::HttpExternalAuthFilter& filter);

// Whether something but the Host of requests says whose the certificates of backends have to be:
// for connections that carry no HTTP, and for requests of Envoy's own whose Host is no DNS name.
Verdict check_server_name(flow::Reads& reads, World& world, const ClusterRef& cluster);

// Reason of such a verdict, and the field of one that is about backendSettings.
inline constexpr char kInvalidBackendTls[] = "InvalidBackendTLS";
inline constexpr char kBackendSettings[] = ".backendSettings";

// The service that a policy names by its backendRefs, or by backendRef, with its backendSettings.
// Several are one cluster.
struct ResolvedService {
  ResolvedBackend backend;
  std::string field;  // ".backendRefs[0]": what a verdict that is not ok is about
  std::string name;   // of the Service or Backend; of several, of the first
};
ResolvedService resolve_service(flow::Reads& reads, World& world, const Referrer& from,
                                const api::BackendCluster& service, bool grpc);

// The server of a URL that is given without backendRefs.
ResolvedBackend resolve_server(const World& world, const Url& url);

// The same service, called as its backendSettings say.
ResolvedService with_settings(ResolvedService service, const api::BackendCluster& from);

}  // namespace limen::translate

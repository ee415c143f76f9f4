// What Gateway API features become in Envoy: API struct -> protobuf, one folder a feature, no model
// in between.
//
// Each function writes its part of `route` or reports why it can't.  Pure; called by
// translate/route only.
#pragma once

#include <envoy/config/accesslog/v3/accesslog.pb.h>
#include <envoy/config/listener/v3/listener_components.pb.h>
#include <envoy/config/route/v3/route.pb.h>
#include <envoy/config/route/v3/route_components.pb.h>

#include <string>
#include <vector>

#include "api/envoy/route_filter.h"
#include "api/gateway/http_route.h"
#include "base/problem.h"

namespace envoy::extensions::filters::network::http_connection_manager::v3 {
class HttpFilter;
}

namespace limen::features {

namespace listener_v3 = envoy::config::listener::v3;
namespace route_v3 = envoy::config::route::v3;

// ---- matching/: HTTPRouteMatch -> RouteMatch.  Problems: InvalidRegex.
// "GET", ...
const char* name_of(api::HttpMethod method);
Problems write_match(const api::HttpRouteMatch& match, const std::string& path,
                     route_v3::RouteMatch& out);
// The match of the OPTIONS requests that a browser sends ahead of one that `match` takes (CORS
// preflight).
Problems write_preflight_match(const api::HttpRouteMatch& match, const std::string& path,
                               route_v3::RouteMatch& out);

// ---- headers/
bool is_header_name(const std::string& name);
// RequestHeaderModifier and ResponseHeaderModifier.  Problems: names or values that
// HTTP forbids, Host. `Target` has request_headers_to_add and so on: a Route or a weighted cluster.
template <class Target>
Problems write_request_headers(const api::HttpHeaderFilter& filter, const std::string& path,
                               Target& out);
template <class Target>
Problems write_response_headers(const api::HttpHeaderFilter& filter, const std::string& path,
                                Target& out);

// ---- redirect/: RequestRedirect.  `port` and `https` are the listener's.
struct RedirectFrom {
  const api::HttpRouteMatch& match;
  int32_t port;
  bool https;
};
Problems write_redirect(const api::HttpRequestRedirectFilter& filter, const RedirectFrom& from,
                        const std::string& path, route_v3::RedirectAction& out);
// Location names no well-known port wherever Envoy can leave it out.  `host` is the virtual host's
// domain.
void drop_well_known_port(const std::string& host, const RedirectFrom& from,
                          route_v3::RedirectAction& out);

// ---- rewrite/: URLRewrite.
Problems write_rewrite(const api::HttpUrlRewriteFilter& filter, const api::HttpRouteMatch& match,
                       const std::string& path, route_v3::RouteAction& out);

// ---- mirror/: RequestMirror to `cluster`.
void write_mirror(const api::HttpRequestMirrorFilter& filter, const std::string& cluster,
                  route_v3::RouteAction& out);

// ---- resilience/: timeouts and retry of a rule.
void write_timeouts(const api::HttpRouteRule& rule, route_v3::RouteAction& out);
void write_retry(const api::HttpRouteRule& rule, route_v3::RouteAction& out);

// ---- cors/: the CORS filter's per-route policy.
inline constexpr char kCorsFilter[] = "envoy.filters.http.cors";
void write_cors(const api::HttpCorsFilter& filter, route_v3::Route& out);

// ---- external_auth/: ExternalAuth.  GEP-1494, GEP-5224.  Each chain of HTTP filters has places
// for it, by these names, where nothing happens until a route or virtual host says what.
inline constexpr char kRuleAuth[] = "envoy.filters.http.ext_authz/rule";
inline constexpr char kBackendAuth[] = "envoy.filters.http.ext_authz/backend";
std::string listener_auth(size_t index);  // of a listener's filters
void write_auth_slot(
    const std::string& name,
    envoy::extensions::filters::network::http_connection_manager::v3::HttpFilter& out);
// What stands there, for typed_per_filter_config: asks the service that `cluster` leads to, and
// lets nothing through without its consent.  Before routing, what the answer adds to the request
// chooses the route.
enum class AuthPhase { kBeforeRouting, kOfRoute };
google::protobuf::Any external_auth(const api::HttpExternalAuthFilter& filter,
                                    const std::string& cluster, AuthPhase phase);

// ---- grpc_web/: calls of browsers, in gRPC-Web, become gRPC.  The filter of each listener does so
// but for route configurations that turn it off.
inline constexpr char kGrpcWebFilter[] = "envoy.filters.http.grpc_web";
void turn_off_grpc_web(route_v3::RouteConfiguration& out);

// ---- session/: session persistence within a backendRef, which weights choose first.
// `default_name` is used where the rule names none.  Source: GEP-1619 of v1.7.
inline constexpr char kSessionFilter[] = "envoy.filters.http.stateful_session";
void write_session(const api::SessionPersistence& session, const std::string& default_name,
                   bool https, route_v3::Route& out);

// ---- credentials/: what backends are shown in clients' stead, as a filter of their clusters: in a
// route's configuration Envoy never asks for the secret.  `secret`: SDS name of the credential, or
// of the client's secret, which buys tokens from the server that `cluster` leads to.
void write_credential(
    const api::CredentialInjection& injection, const std::string& secret,
    const std::string& cluster,
    envoy::extensions::filters::network::http_connection_manager::v3::HttpFilter& out);

// ---- log/: the access log of all listeners: a line of JSON a request in Envoy's output.
void write_stdout_log(envoy::config::accesslog::v3::AccessLog& out);

// ---- stream/: where the connections or datagrams of a TLSRoute, TCPRoute or UDPRoute go.
struct Share {
  std::string cluster;  // one that does not exist: connections are closed, datagrams are dropped
  uint32_t weight = 1;
};
// REQUIRES: shares are not empty, weights not 0.  The network filter that proxies connections.
void write_tcp_proxy(const std::vector<Share>& shares, const std::string& stat_prefix,
                     listener_v3::Filter& out);
// The listener filter that proxies datagrams.
void write_udp_proxy(const std::vector<Share>& shares, const std::string& stat_prefix,
                     listener_v3::ListenerFilter& out);

}  // namespace limen::features

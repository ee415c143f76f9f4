// security/: what a SecurityPolicy becomes in Envoy: entries of typed_per_filter_config, by the
// name of an HTTP filter.
//
// Each chain of HTTP filters has all of these from the beginning, switched off, so that the first
// policy changes no xDS listener.  A route's entry beats its virtual host's for the same filter, so
// a policy that replaces another has an entry for every filter: switch_off_others().
// Source: Envoy Gateway's SecurityPolicy; the order of filters is Envoy Gateway's.  Pure.
#pragma once

#include <google/protobuf/any.pb.h>
#include <google/protobuf/map.h>

#include <string>
#include <utility>
#include <vector>

#include "api/envoy/security_policy.h"
#include "base/problem.h"
#include "features/cidr.h"
#include "features/features.h"

namespace limen::features {

// typed_per_filter_config of a Route or VirtualHost.
using FilterConfigs = google::protobuf::Map<std::string, google::protobuf::Any>;
using HttpFilter = envoy::extensions::filters::network::http_connection_manager::v3::HttpFilter;

// Envoy takes of CORS what the virtual host says where the route says nothing: so a virtual host's
// CORS has a filter of its own, which routes can switch off.
inline constexpr char kListenerCors[] = "envoy.filters.http.cors/listener";
inline constexpr char kCsrf[] = "envoy.filters.http.csrf";
// A service that is told things beside the request: a chain with one filter, called kRouteContext/
// and the policy, or, in a virtual host, kListenerContext.  kPolicyAuth sees to it that it was
// asked. Envoy runs both, so routes switch the second one off.
inline constexpr char kContextAuth[] = "envoy.filters.http.ext_authz/context";
inline constexpr char kRouteContext[] = "envoy.filters.http.ext_authz/context/route";
inline constexpr char kListenerContext[] = "envoy.filters.http.ext_authz/context/listener";
inline constexpr char kPolicyAuth[] = "envoy.filters.http.ext_authz/policy";
inline constexpr char kApiKeyAuth[] = "envoy.filters.http.api_key_auth";
inline constexpr char kBasicAuth[] = "envoy.filters.http.basic_auth";
inline constexpr char kOidc[] = "envoy.filters.http.oauth2";
inline constexpr char kAuthorization[] = "envoy.filters.http.rbac";

// The filter of that name, switched off.
void write_security_filter(const std::string& name, HttpFilter& out);

void write_cors(const api::Cors& cors, FilterConfigs& out);
void write_csrf(const api::Csrf& csrf, FilterConfigs& out);

struct ClientKey {
  std::string client, key;
};
// REQUIRES: keys differ and are not empty.
void write_api_key_auth(const api::ApiKeyAuth& auth, const std::vector<ClientKey>& keys,
                        FilterConfigs& out);

// Lines of a .htpasswd file as Envoy takes them; or what is wrong with the first that it would not.
// No message has a part of a hash.
struct Htpasswd {
  std::string lines;
  std::string mistake;  // "": none
};
Htpasswd read_htpasswd(const std::string& text);
void write_basic_auth(const api::BasicAuth& auth, const std::string& htpasswd, FilterConfigs& out);

// What logins need besides the policy's own text.
struct OidcParts {
  std::string authorization_endpoint, token_endpoint;
  std::string end_session_endpoint;  // "": it has none
  std::string cluster;               // leads to the token endpoint
  std::string client_id;
  std::string client_secret, cookie_key;  // SDS names
  std::string cookie_suffix;              // so that policies of one host do not share cookies
  const api::Jwt* jwt = nullptr;          // of the same policy; nullptr: none
};
// `path` of problems: spec.oidc.
Problems write_oidc(const api::Oidc& oidc, const OidcParts& parts, FilterConfigs& out);

// `path` of problems: spec.authorization.  Rules without a name get
// "<policy>/authorization/rule/<index>".  `jwt`: whose tokens rules may speak of; nullptr: none.
Problems write_authorization(const api::Authorization& authorization, const std::string& policy,
                             const api::Jwt* jwt, FilterConfigs& out);

// The same for connections: whose are let in.  Problems also tell what rules ask of anything but
// addresses.
struct ConnectionSources {
  Problems problems;
  std::vector<Cidr> ranges;  // no two overlap; none: nobody is let in

  bool everybody() const;
};
ConnectionSources read_connection_sources(const api::Authorization& authorization);
// REQUIRES: somebody is let in.
void write_sources(const ConnectionSources& sources, listener_v3::FilterChainMatch& out);

struct AuthService {
  std::string cluster;
  std::string host;                                          // what it finds in Host
  std::vector<std::pair<std::string, std::string>> context;  // what else it is told, by name
};
// `policy`: "<namespace>/<name>".
Problems write_ext_auth(const api::ExtAuth& auth, const AuthService& service,
                        const std::string& policy, FilterConfigs& out);

// Fields of backendSettings that are accepted and of which nothing comes: "spec.jwt...".
std::vector<std::string> fields_without_effect(const api::SecurityPolicySpec& spec);

// All requests are answered with 500.
void write_closed(FilterConfigs& out);

// The entry with which a filter does nothing; of these, stateful_session and ext_authz.
google::protobuf::Any nothing_for(const std::string& filter);
// What has no entry gets that one.
void switch_off_others(FilterConfigs& out);
// A request may end up with another route than the one it came for: the filters of all routes are
// made ready.
void await_rerouting(FilterConfigs& out);
// For a route that has CORS of its own.
void switch_off_listener_cors(FilterConfigs& out);

// Whether an entry is one of those that do nothing.
bool does_nothing(const std::string& filter, const google::protobuf::Any& entry);

// acme/: the answer to an HTTP-01 challenge (RFC 8555, 8.3), for which the filters that a virtual
// host configures do nothing.
void write_challenge_answer(const std::string& token, const std::string& key_authorization,
                            const FilterConfigs& of_virtual_host, route_v3::Route& out);

// A policy's entries for a virtual host.
void use_in_virtual_host(FilterConfigs& configs);

}  // namespace limen::features

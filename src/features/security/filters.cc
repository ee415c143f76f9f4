// The filters that SecurityPolicies configure, and how each is told to do nothing.  An entry that
// does nothing is not FilterConfig.disabled: Envoy builds the chain by the first route that it
// finds, and a request that is routed anew after that would miss filters, or run those that should
// be off.
#include <envoy/config/route/v3/route_components.pb.h>
#include <envoy/extensions/filters/http/cors/v3/cors.pb.h>
#include <envoy/extensions/filters/http/csrf/v3/csrf.pb.h>
#include <envoy/extensions/filters/http/ext_authz/v3/ext_authz.pb.h>
#include <envoy/extensions/filters/http/filter_chain/v3/filter_chain.pb.h>
#include <envoy/extensions/filters/http/rbac/v3/rbac.pb.h>
#include <envoy/extensions/filters/http/stateful_session/v3/stateful_session.pb.h>
#include <envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager.pb.h>

#include "features/jwt.h"
#include "features/security.h"
#include "features/security/closed.h"
#include "features/slot.h"
#include "xds/resources/pack.h"

namespace limen::features {
namespace {

namespace http_v3 = envoy::extensions::filters::http;

constexpr int kClosed = 500;

http_v3::csrf::v3::CsrfPolicy no_csrf() {
  http_v3::csrf::v3::CsrfPolicy policy;
  policy.mutable_filter_enabled()->mutable_default_value();
  return policy;
}

http_v3::ext_authz::v3::ExtAuthzPerRoute not_asked() {
  http_v3::ext_authz::v3::ExtAuthzPerRoute off;
  off.set_disabled(true);
  return off;
}

http_v3::stateful_session::v3::StatefulSessionPerRoute no_session() {
  http_v3::stateful_session::v3::StatefulSessionPerRoute session;
  session.set_disabled(true);
  return session;
}

}  // namespace

void write_security_filter(const std::string& name, HttpFilter& out) {
  if (name != kListenerCors && name != kCsrf && name != kAuthorization && name != kContextAuth)
    return write_auth_slot(name, out);
  out.set_name(name);
  out.set_disabled(true);
  if (name == kContextAuth)
    out.mutable_typed_config()->PackFrom(http_v3::filter_chain::v3::FilterChainConfig());
  if (name == kListenerCors) out.mutable_typed_config()->PackFrom(http_v3::cors::v3::Cors());
  if (name == kCsrf) out.mutable_typed_config()->PackFrom(no_csrf());
  if (name == kAuthorization) out.mutable_typed_config()->PackFrom(http_v3::rbac::v3::RBAC());
}

// No service has this cluster: so the answer is always that of an error.
http_v3::ext_authz::v3::ExtAuthz closed_to_all() {
  http_v3::ext_authz::v3::ExtAuthz nobody;
  nobody.set_transport_api_version(envoy::config::core::v3::V3);
  auto& uri = *nobody.mutable_http_service()->mutable_server_uri();
  uri.set_uri("http://closed");
  uri.set_cluster("invalid-backend-cluster");
  uri.mutable_timeout()->set_seconds(1);
  nobody.mutable_status_on_error()->set_code(static_cast<envoy::type::v3::StatusCode>(kClosed));
  return nobody;
}

void write_closed(FilterConfigs& out) {
  out[kPolicyAuth] = run_filter("envoy.filters.http.ext_authz", closed_to_all());
}

void switch_off_listener_cors(FilterConfigs& out) {
  envoy::config::route::v3::FilterConfig off;
  off.set_disabled(true);
  out[kListenerCors].PackFrom(off);
}

google::protobuf::Any nothing_for(const std::string& filter) {
  google::protobuf::Any any;
  if (filter == kListenerContext)
    any.PackFrom(not_asked());
  else if (filter == kCsrf)
    any.PackFrom(no_csrf());
  else if (filter == kAuthorization)
    any.PackFrom(http_v3::rbac::v3::RBACPerRoute());
  else if (filter == kSessionFilter)
    any.PackFrom(no_session());
  else if (filter.starts_with(jwt_filter("")))
    any = require_jwt("");
  else
    any = run_nothing();
  return any;
}

void switch_off_others(FilterConfigs& out) {
  for (const char* name :
       {kListenerContext, kPolicyAuth, kApiKeyAuth, kBasicAuth, kOidc, kCsrf, kAuthorization}) {
    if (!out.contains(name)) out[name] = nothing_for(name);
  }
}

void await_rerouting(FilterConfigs& out) {
  for (const char* name : {kRuleAuth, kBackendAuth, kSessionFilter}) {
    if (!out.contains(name)) out[name] = nothing_for(name);
  }
  switch_off_others(out);
}

bool does_nothing(const std::string& filter, const google::protobuf::Any& entry) {
  if (entry.Is<envoy::config::route::v3::FilterConfig>()) return true;
  const google::protobuf::Any nothing = nothing_for(filter);
  return entry.type_url() == nothing.type_url() && entry.value() == nothing.value();
}

namespace {

// A virtual host's has a name without the policy: routes switch it off.
void use_listener_context(FilterConfigs& configs) {
  const auto chain = configs.find(kContextAuth);
  if (chain == configs.end()) return;
  http_v3::filter_chain::v3::FilterChainConfigPerRoute filters;
  chain->second.UnpackTo(&filters);
  for (auto& filter : *filters.mutable_filter_chain()->mutable_filters()) {
    const auto settings = configs.find(filter.name());
    if (settings == configs.end()) continue;  // the note
    const google::protobuf::Any told = settings->second;
    configs.erase(settings);
    configs[kListenerContext] = told;
    filter.set_name(kListenerContext);
  }
  xds::pack(filters, configs[kContextAuth]);
}

}  // namespace

void use_in_virtual_host(FilterConfigs& configs) {
  use_listener_context(configs);
  const auto cors = configs.find(kCorsFilter);
  if (cors == configs.end()) return;
  configs[kListenerCors] = cors->second;
  configs.erase(kCorsFilter);
}

}  // namespace limen::features

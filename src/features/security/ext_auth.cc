#include <absl/strings/ascii.h>
#include <absl/strings/str_cat.h>
#include <envoy/extensions/filters/http/ext_authz/v3/ext_authz.pb.h>
#include <envoy/extensions/filters/http/filter_chain/v3/filter_chain.pb.h>
#include <envoy/extensions/filters/http/set_metadata/v3/set_metadata.pb.h>

#include <algorithm>

#include "features/cluster_settings.h"
#include "features/duration.h"
#include "features/external_auth/headers.h"
#include "features/security.h"
#include "features/security/cel.h"
#include "features/security/closed.h"
#include "features/slot.h"
#include "xds/resources/pack.h"

namespace limen::features {
namespace {

namespace authz_v3 = envoy::extensions::filters::http::ext_authz::v3;
using FilterChain = envoy::extensions::filters::http::filter_chain::v3::FilterChainConfigPerRoute;
using Predicate = ::xds::type::matcher::v3::Matcher::MatcherList::Predicate;

constexpr api::Duration kTimeout{std::chrono::seconds(10)};  // Envoy Gateway's

void write_http(const api::HttpExtAuthService& http, const std::string& host,
                authz_v3::HttpService& out) {
  out.mutable_server_uri()->set_uri("http://" + host);
  if (http.path_override)
    out.set_path_override(*http.path_override);
  else
    out.set_path_prefix(path_prefix(http.path.value_or("")));
  if (!http.headers_to_backend.empty())
    write_names(http.headers_to_backend,
                *out.mutable_authorization_response()->mutable_allowed_upstream_headers());
}

constexpr char kExtAuthz[] = "envoy.filters.http.ext_authz";
// Dynamic metadata: the policy whose service is asked.
constexpr char kAsked[] = "limen.ext_authz", kPolicy[] = "policy";

void add_filter(const std::string& name, const google::protobuf::Message& config,
                FilterChain& out) {
  auto& filter = *out.mutable_filter_chain()->add_filters();
  filter.set_name(name);
  filter.mutable_typed_config()->PackFrom(config);
}

void note_asked(const std::string& policy, FilterChain& out) {
  envoy::extensions::filters::http::set_metadata::v3::Config note;
  auto& metadata = *note.add_metadata();
  metadata.set_metadata_namespace(kAsked);
  metadata.set_allow_overwrite(true);
  (*metadata.mutable_value()->mutable_fields())[kPolicy].set_string_value(policy);
  add_filter("envoy.filters.http.set_metadata", note, out);
}

// Not by DynamicMetadataInput: with it, Envoy 1.40 comes to no decision where the note is missing.
Predicate was_asked(const std::string& policy) {
  Predicate out;
  write_cel(
      absl::StrCat("metadata.filter_metadata['", kAsked, "']['", kPolicy, "'] == '", policy, "'"),
      out);
  return out;
}

// Envoy looks for what a service is told in typed_per_filter_config, by the filter's name, where
// the composite filters of kPolicyAuth have their own entry.  A filter of a filter_chain has a name
// of its own, but is there only if the route that was found first has it: a request that ends up
// with another one must not get through unseen.  The policy is part of the name: or the service of
// the first one would be told what that of the other one is to know.
void run_with_context(const authz_v3::ExtAuthz& filter, const AuthService& service,
                      const std::string& policy, FilterConfigs& out) {
  FilterChain chain;
  const std::string name = absl::StrCat(kRouteContext, "/", policy);
  note_asked(policy, chain);
  add_filter(name, filter, chain);
  xds::pack(chain, out[kContextAuth]);
  authz_v3::ExtAuthzPerRoute settings;
  for (const auto& [key, value] : service.context)
    (*settings.mutable_check_settings()->mutable_context_extensions())[key] = value;
  xds::pack(settings, out[name]);
  out[kPolicyAuth] = run_filter_unless(was_asked(policy), kExtAuthz, closed_to_all());
}

const api::BackendCluster& service_of(const api::ExtAuth& auth) {
  if (auth.http) return *auth.http;
  return *auth.grpc;
}

authz_v3::ExtAuthz filter_of(const api::ExtAuth& auth, const AuthService& service) {
  authz_v3::ExtAuthz filter;
  filter.set_transport_api_version(envoy::config::core::v3::V3);
  google::protobuf::Duration timeout;
  write_duration(
      auth.timeout ? *auth.timeout : request_timeout(service_of(auth)).value_or(kTimeout), timeout);
  if (auth.http) {
    auto& http = *filter.mutable_http_service();
    write_http(*auth.http, service.host, http);
    http.mutable_server_uri()->set_cluster(service.cluster);
    *http.mutable_server_uri()->mutable_timeout() = timeout;
    protect_headers(std::string(kFraming), filter);
  } else {
    auto& grpc = *filter.mutable_grpc_service();
    grpc.mutable_envoy_grpc()->set_cluster_name(service.cluster);
    grpc.mutable_envoy_grpc()->set_authority(service.host);
    *grpc.mutable_timeout() = timeout;
  }
  if (!auth.headers_to_ext_auth.empty())
    write_names(auth.headers_to_ext_auth, *filter.mutable_allowed_headers());
  if (auth.body_to_ext_auth)
    filter.mutable_with_request_body()->set_max_request_bytes(
        static_cast<uint32_t>(auth.body_to_ext_auth->max_request_bytes));
  filter.set_failure_mode_allow(auth.fail_open);
  filter.set_clear_route_cache(auth.recompute_route);
  if (auth.include_route_metadata) filter.add_route_metadata_context_namespaces("envoy-gateway");
  if (auth.status_on_error)
    filter.mutable_status_on_error()->set_code(
        static_cast<envoy::type::v3::StatusCode>(*auth.status_on_error));
  return filter;
}

bool is_path(const std::string& path) {
  return path.starts_with('/') && std::all_of(path.begin(), path.end(), [](char c) {
           return absl::ascii_isgraph(static_cast<unsigned char>(c));
         });
}

Problems write_retries(const api::ExtAuth& auth, authz_v3::ExtAuthz& out) {
  const auto& settings = service_of(auth).backend_settings;
  if (!settings || !settings->retry) return {};
  Problems problems = write_retry(*settings->retry, Caller::kExtAuth,
                                  auth.http ? *out.mutable_http_service()->mutable_retry_policy()
                                            : *out.mutable_grpc_service()->mutable_retry_policy());
  const std::string path = auth.http ? "spec.extAuth.http" : "spec.extAuth.grpc";
  for (Problem& problem : problems) problem.path = path + ".backendSettings" + problem.path;
  return problems;
}

}  // namespace

Problems write_ext_auth(const api::ExtAuth& auth, const AuthService& service,
                        const std::string& policy, FilterConfigs& out) {
  if (auth.status_on_error && !envoy::type::v3::StatusCode_IsValid(*auth.status_on_error))
    return {
        {"Invalid", "spec.extAuth.statusOnError", "is a status that Envoy does not answer with"}};
  if (!service.context.empty() && !auth.grpc)
    return {{"Invalid", "spec.extAuth.contextExtensions",
             "Envoy tells these to services that speak gRPC only"}};
  // In a filter_chain, Envoy 1.40 loses the limit, and requests hang.
  if (!service.context.empty() && auth.body_to_ext_auth)
    return {{"Invalid", "spec.extAuth.bodyToExtAuth",
             "cannot be shown to a service that is told contextExtensions"}};
  if (auth.http && auth.http->path_override && !is_path(*auth.http->path_override))
    return {{"Invalid", "spec.extAuth.http.pathOverride", "is not a path such as /check"}};
  authz_v3::ExtAuthz filter = filter_of(auth, service);
  if (Problems problems = write_retries(auth, filter); !problems.empty()) return problems;
  if (service.context.empty())
    out[kPolicyAuth] = run_filter(kExtAuthz, filter);
  else
    run_with_context(filter, service, policy, out);
  return {};
}

}  // namespace limen::features

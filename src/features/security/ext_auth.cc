#include <envoy/extensions/filters/http/ext_authz/v3/ext_authz.pb.h>
#include <google/protobuf/util/time_util.h>

#include "features/external_auth/headers.h"
#include "features/security.h"
#include "features/slot.h"

namespace limen::features {
namespace {

namespace authz_v3 = envoy::extensions::filters::http::ext_authz::v3;

constexpr std::chrono::milliseconds kTimeout{10'000};  // Envoy Gateway's

google::protobuf::Duration duration_of(std::chrono::milliseconds value) {
  return google::protobuf::util::TimeUtil::MillisecondsToDuration(value.count());
}

void write_http(const api::HttpExtAuthService& http, const std::string& host,
                authz_v3::HttpService& out) {
  out.mutable_server_uri()->set_uri("http://" + host);
  out.set_path_prefix(path_prefix(http.path.value_or("")));
  if (!http.headers_to_backend.empty())
    write_names(http.headers_to_backend,
                *out.mutable_authorization_response()->mutable_allowed_upstream_headers());
}

}  // namespace

Problems write_ext_auth(const api::ExtAuth& auth, const std::string& cluster,
                        const std::string& host, FilterConfigs& out) {
  authz_v3::ExtAuthz filter;
  filter.set_transport_api_version(envoy::config::core::v3::V3);
  const auto timeout = duration_of(auth.timeout ? auth.timeout->value : kTimeout);
  if (auth.http) {
    auto& service = *filter.mutable_http_service();
    write_http(*auth.http, host, service);
    service.mutable_server_uri()->set_cluster(cluster);
    *service.mutable_server_uri()->mutable_timeout() = timeout;
    protect_headers(std::string(kFraming), filter);
  } else {
    auto& service = *filter.mutable_grpc_service();
    service.mutable_envoy_grpc()->set_cluster_name(cluster);
    service.mutable_envoy_grpc()->set_authority(host);
    *service.mutable_timeout() = timeout;
  }
  if (!auth.headers_to_ext_auth.empty())
    write_names(auth.headers_to_ext_auth, *filter.mutable_allowed_headers());
  if (auth.body_to_ext_auth)
    filter.mutable_with_request_body()->set_max_request_bytes(
        static_cast<uint32_t>(auth.body_to_ext_auth->max_request_bytes));
  filter.set_failure_mode_allow(auth.fail_open);
  filter.set_clear_route_cache(auth.recompute_route);
  if (auth.include_route_metadata) filter.add_route_metadata_context_namespaces("envoy-gateway");
  if (auth.status_on_error) {
    if (!envoy::type::v3::StatusCode_IsValid(*auth.status_on_error))
      return {
          {"Invalid", "spec.extAuth.statusOnError", "is a status that Envoy does not answer with"}};
    filter.mutable_status_on_error()->set_code(
        static_cast<envoy::type::v3::StatusCode>(*auth.status_on_error));
  }
  out[kPolicyAuth] = run_filter("envoy.filters.http.ext_authz", filter);
  return {};
}

}  // namespace limen::features

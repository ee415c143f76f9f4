// Envoy's ext_authz says only a part of its settings per route: not which headers the service sees.
// So the place in the chain is a composite filter, and a route gives it a whole ext_authz to run.
#include <envoy/extensions/filters/http/ext_authz/v3/ext_authz.pb.h>

#include "features/external_auth/headers.h"
#include "features/features.h"
#include "features/security.h"
#include "features/slot.h"

namespace limen::features {
namespace {

namespace authz_v3 = envoy::extensions::filters::http::ext_authz::v3;

constexpr int kTimeoutSeconds = 10;  // Envoy Gateway's

constexpr char kContent[] = "|content-.*";

// None: Envoy's defaults, which are the specification's.
void allow_headers(const std::vector<std::string>& names, authz_v3::ExtAuthz& out) {
  if (!names.empty()) write_names(names, *out.mutable_allowed_headers());
}

void write_grpc(const api::HttpExternalAuthFilter& filter, const std::string& cluster,
                authz_v3::ExtAuthz& out) {
  auto& service = *out.mutable_grpc_service();
  service.mutable_envoy_grpc()->set_cluster_name(cluster);
  service.mutable_envoy_grpc()->set_authority(filter.backend_ref.name);
  service.mutable_timeout()->set_seconds(kTimeoutSeconds);
  if (filter.grpc) allow_headers(filter.grpc->allowed_headers, out);
}

void write_http(const api::HttpExternalAuthFilter& filter, const std::string& cluster,
                authz_v3::ExtAuthz& out) {
  const api::HttpAuthConfig config = filter.http.value_or(api::HttpAuthConfig{});
  auto& service = *out.mutable_http_service();
  service.mutable_server_uri()->set_uri("http://" + filter.backend_ref.name);
  service.mutable_server_uri()->set_cluster(cluster);
  service.mutable_server_uri()->mutable_timeout()->set_seconds(kTimeoutSeconds);
  service.set_path_prefix(path_prefix(config.path));
  allow_headers(config.allowed_headers, out);
  auto& copied = *service.mutable_authorization_response()->mutable_allowed_upstream_headers();
  write_names(config.allowed_response_headers, copied);
  if (config.allowed_response_headers.empty())
    copied.add_patterns()->mutable_safe_regex()->set_regex(".*");
}

// Headers that the service may not change.
std::string protected_headers(const api::HttpExternalAuthFilter& filter, AuthPhase phase) {
  if (filter.protocol == api::ExternalAuthProtocol::kGrpc)
    return phase == AuthPhase::kBeforeRouting ? "host|:authority" : "";
  const bool all = !filter.http || filter.http->allowed_response_headers.empty();
  return std::string(kFraming) + (all ? kContent : "");
}

authz_v3::ExtAuthz ext_authz(const api::HttpExternalAuthFilter& filter, const std::string& cluster,
                             AuthPhase phase) {
  authz_v3::ExtAuthz out;
  out.set_transport_api_version(envoy::config::core::v3::V3);
  if (filter.protocol == api::ExternalAuthProtocol::kGrpc)
    write_grpc(filter, cluster, out);
  else
    write_http(filter, cluster, out);
  if (filter.forward_body && filter.forward_body->max_size > 0)
    out.mutable_with_request_body()->set_max_request_bytes(
        static_cast<uint32_t>(filter.forward_body->max_size));
  out.set_clear_route_cache(phase == AuthPhase::kBeforeRouting);
  if (const std::string names = protected_headers(filter, phase); !names.empty())
    protect_headers(names, out);
  return out;
}

}  // namespace

void write_names(const std::vector<std::string>& names,
                 envoy::type::matcher::v3::ListStringMatcher& out) {
  for (const std::string& name : names) {
    auto* pattern = out.add_patterns();
    pattern->set_exact(name);
    pattern->set_ignore_case(true);
  }
}

std::string path_prefix(std::string path) {
  while (!path.empty() && path.back() == '/') path.pop_back();
  return path.empty() || path.front() == '/' ? path : "/" + path;
}

void protect_headers(const std::string& names, authz_v3::ExtAuthz& out) {
  out.mutable_decoder_header_mutation_rules()->mutable_allow_all_routing()->set_value(true);
  out.mutable_decoder_header_mutation_rules()->mutable_disallow_expression()->set_regex(names);
}

std::string listener_auth(size_t index) {
  return "envoy.filters.http.ext_authz/listener/" + std::to_string(index);
}

google::protobuf::Any external_auth(const api::HttpExternalAuthFilter& filter,
                                    const std::string& cluster, AuthPhase phase) {
  return run_filter("envoy.filters.http.ext_authz", ext_authz(filter, cluster, phase));
}

}  // namespace limen::features

#include "features/client_traffic/http.h"

#include <envoy/extensions/access_loggers/stream/v3/stream.pb.h>
#include <envoy/extensions/filters/http/health_check/v3/health_check.pb.h>
#include <envoy/extensions/filters/http/router/v3/router.pb.h>
#include <fmt/format.h>

#include "features/connection.h"
#include "features/duration.h"
#include "features/string_match.h"
#include "xds/resources/pack.h"

namespace limen::features {
namespace {

using Hcm = HttpConnectionManager;

constexpr uint64_t kKiB = 1024;
constexpr ByteRange kHeaders = {kKiB, 8192 * kKiB};

void write_path(const api::PathSettings& path, Hcm& out) {
  using Action = api::EscapedSlashesAction;
  if (path.disable_merge_slashes) out.set_merge_slashes(!*path.disable_merge_slashes);
  if (!path.escaped_slashes_action) return;
  switch (*path.escaped_slashes_action) {
    case Action::kKeepUnchanged:
      return out.set_path_with_escaped_slashes_action(Hcm::KEEP_UNCHANGED);
    case Action::kRejectRequest:
      return out.set_path_with_escaped_slashes_action(Hcm::REJECT_REQUEST);
    case Action::kUnescapeAndForward:
      return out.set_path_with_escaped_slashes_action(Hcm::UNESCAPE_AND_FORWARD);
    case Action::kUnescapeAndRedirect:
      return out.set_path_with_escaped_slashes_action(Hcm::UNESCAPE_AND_REDIRECT);
  }
}

void write_timeouts(const api::HttpClientTimeout& timeout, Hcm& out) {
  if (timeout.request_received_timeout)
    write_duration(*timeout.request_received_timeout, *out.mutable_request_timeout());
  if (timeout.request_headers_received_timeout)
    write_duration(*timeout.request_headers_received_timeout,
                   *out.mutable_request_headers_timeout());
  if (timeout.idle_timeout)
    write_duration(*timeout.idle_timeout,
                   *out.mutable_common_http_protocol_options()->mutable_idle_timeout());
  if (timeout.stream_idle_timeout)
    write_duration(*timeout.stream_idle_timeout, *out.mutable_stream_idle_timeout());
}

void write_limits(const api::ConnectionLimit& limit, bool at_once, Hcm& out) {
  auto& options = *out.mutable_common_http_protocol_options();
  if (is_some(limit.max_connection_duration)) {
    write_duration(*limit.max_connection_duration, *options.mutable_max_connection_duration());
    out.set_http1_safe_max_connection_duration(!at_once);
  }
  if (is_some(limit.max_stream_duration))
    write_duration(*limit.max_stream_duration, *options.mutable_max_stream_duration());
  if (limit.max_requests_per_connection)
    options.mutable_max_requests_per_connection()->set_value(
        static_cast<uint32_t>(*limit.max_requests_per_connection));
}

void write_http1(const api::Http1Settings& http1, Hcm& out, Problems& problems) {
  auto& options = *out.mutable_http_protocol_options();
  options.set_enable_trailers(http1.enable_trailers.value_or(false));
  options.set_accept_http_10(http1.http10.has_value());
  for (size_t i = 0; i < http1.ignored_upgrade_types.size(); ++i) {
    const std::string mistake =
        write_string_match(http1.ignored_upgrade_types[i], *options.add_ignore_http_11_upgrade());
    if (!mistake.empty())
      problems.push_back(
          {"Invalid", fmt::format("spec.http1.ignoredUpgradeTypes[{}]", i), mistake});
  }
}

void write_health_check(const api::HealthCheckSettings& check, Hcm& out) {
  envoy::extensions::filters::http::health_check::v3::HealthCheck filter;
  filter.mutable_pass_through_mode()->set_value(false);
  auto& header = *filter.add_headers();
  header.set_name(":path");
  header.mutable_string_match()->set_exact(check.path);
  add_first_filter("envoy.filters.http.health_check", filter, out);
}

void add_envoy_headers(Hcm& out) {
  auto& filter = *out.mutable_http_filters(out.http_filters_size() - 1);
  envoy::extensions::filters::http::router::v3::Router router;
  filter.typed_config().UnpackTo(&router);
  router.set_suppress_envoy_headers(false);
  filter.mutable_typed_config()->PackFrom(router);
}

// The access log is where they can be seen.
void log_fingerprints(const std::vector<api::TlsFingerprint>& fingerprints, Hcm& out) {
  for (auto& log : *out.mutable_access_log()) {
    envoy::extensions::access_loggers::stream::v3::StdoutAccessLog config;
    if (!log.typed_config().UnpackTo(&config)) continue;
    auto& fields = *config.mutable_log_format()->mutable_json_format()->mutable_fields();
    for (const api::TlsFingerprint fingerprint : fingerprints) {
      if (fingerprint == api::TlsFingerprint::kJa3)
        fields["tls_ja3_fingerprint"].set_string_value("%TLS_JA3_FINGERPRINT%");
      else
        fields["tls_ja4_fingerprint"].set_string_value("%TLS_JA4_FINGERPRINT%");
    }
    xds::pack(config, *log.mutable_typed_config());
  }
}

void write_header_limit(const Json& limit, Hcm& out, Problems& problems) {
  const auto bytes = bytes_of(limit, kHeaders, "spec.headers.maxRequestHeaderLimit", problems);
  if (bytes)
    out.mutable_max_request_headers_kb()->set_value(
        static_cast<uint32_t>((*bytes + kKiB - 1) / kKiB));
}

}  // namespace

void add_first_filter(const char* name, const google::protobuf::Message& config, Hcm& out) {
  auto& filters = *out.mutable_http_filters();
  auto& filter = *filters.Add();
  filter.set_name(name);
  filter.mutable_typed_config()->PackFrom(config);
  for (int i = filters.size() - 1; i > 0; --i) filters.SwapElements(i, i - 1);
}

Problems write_client_http(const api::ClientTrafficPolicySpec& spec, Hcm& out) {
  Problems problems;
  if (spec.client_ip_detection) write_client_address(*spec.client_ip_detection, out, problems);
  if (spec.path) write_path(*spec.path, out);
  if (spec.timeout && spec.timeout->http) write_timeouts(*spec.timeout->http, out);
  const bool at_once =
      spec.http1 && spec.http1->disable_safe_max_connection_duration.value_or(false);
  if (spec.connection && spec.connection->connection_limit)
    write_limits(*spec.connection->connection_limit, at_once, out);
  if (spec.http1) write_http1(*spec.http1, out, problems);
  if (spec.http2)
    write_http2(*spec.http2, "spec.http2", *out.mutable_http2_protocol_options(), problems);
  if (spec.headers && spec.headers->enable_envoy_headers.value_or(false) &&
      out.http_filters_size() > 0)
    add_envoy_headers(out);
  if (spec.headers) {
    write_client_headers(*spec.headers, out, problems);
    write_header_limit(spec.headers->max_request_header_limit, out, problems);
  }
  if (spec.tls && !spec.tls->fingerprints.empty()) log_fingerprints(spec.tls->fingerprints, out);
  if (spec.health_check) write_health_check(*spec.health_check, out);
  if (spec.scheme == api::SchemeHeaderTransform::kMatchBackend)
    out.mutable_scheme_header_transformation()->set_match_upstream(true);
  return problems;
}

}  // namespace limen::features

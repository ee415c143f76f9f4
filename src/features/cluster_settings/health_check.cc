#include <absl/strings/ascii.h>
#include <absl/strings/escaping.h>
#include <envoy/extensions/health_check/event_sinks/file/v3/file.pb.h>
#include <fmt/format.h>

#include <algorithm>

#include "base/strings.h"
#include "features/cluster_settings/parts.h"
#include "features/duration.h"

namespace limen::features {
namespace {

using envoy::config::core::v3::HealthCheck;
using Statuses = google::protobuf::RepeatedPtrField<envoy::type::v3::Int64Range>;

constexpr char kActive[] = ".healthCheck.active", kPassive[] = ".healthCheck.passive";

void set(google::protobuf::UInt32Value& out, int64_t value) {
  out.set_value(static_cast<uint32_t>(value));
}

void write_statuses(const std::vector<int32_t>& from, Statuses& out) {
  for (const int32_t status : from) {
    auto& range = *out.Add();
    range.set_start(status);
    range.set_end(status + 1);
  }
}

class Writer {
 public:
  Writer(const api::ActiveHealthCheck& from, const std::string& host, bool http2,
         Mistakes& mistakes)
      : from_(from), host_(host), http2_(http2), mistakes_(mistakes) {}

  void write(HealthCheck& out) {
    write_times(out);
    set(*out.mutable_unhealthy_threshold(), from_.unhealthy_threshold);
    set(*out.mutable_healthy_threshold(), from_.healthy_threshold);
    switch (from_.type) {
      case api::HealthCheckerType::kHttp:
        write_http(from_.http.value_or(api::HttpHealthChecker{}), *out.mutable_http_health_check());
        break;
      case api::HealthCheckerType::kTcp:
        write_tcp(from_.tcp.value_or(api::TcpHealthChecker{}), *out.mutable_tcp_health_check());
        break;
      case api::HealthCheckerType::kGrpc:
        if (!http2_) fail(".type", "GRPC is for services that speak HTTP/2");
        out.mutable_grpc_health_check();
        if (from_.grpc && from_.grpc->service)
          out.mutable_grpc_health_check()->set_service_name(*from_.grpc->service);
    }
    if (from_.health_check_log) write_log(*from_.health_check_log, out);
  }

 private:
  void fail(const std::string& path, const std::string& message) {
    mistakes_.add(kActive + path, message);
  }

  // Envoy would ask once a minute where no request has come yet.
  void write_times(HealthCheck& out) {
    mistakes_.want_positive(from_.timeout, std::string(kActive) + ".timeout");
    mistakes_.want_positive(from_.interval, std::string(kActive) + ".interval");
    write_duration(from_.timeout, *out.mutable_timeout());
    write_duration(from_.interval, *out.mutable_interval());
    write_duration(from_.interval, *out.mutable_no_traffic_interval());
    if (from_.initial_jitter) write_duration(*from_.initial_jitter, *out.mutable_initial_jitter());
  }

  void write_http(const api::HttpHealthChecker& from, HealthCheck::HttpHealthCheck& out) {
    out.set_host(from.hostname.value_or(host_));
    if (!from.path.starts_with('/')) fail(".http.path", "must begin with /");
    if (std::any_of(from.path.begin(), from.path.end(),
                    [](unsigned char c) { return absl::ascii_iscntrl(c); }))
      fail(".http.path", "has a control character");
    out.set_path(from.path);
    out.set_codec_client_type(http2_ ? envoy::type::v3::HTTP2 : envoy::type::v3::HTTP1);
    if (from.method) write_method(*from.method, out);
    write_statuses(from.expected_statuses, *out.mutable_expected_statuses());
    write_statuses(from.retriable_statuses, *out.mutable_retriable_statuses());
    if (from.expected_response)
      write_payload(*from.expected_response, ".http.expectedResponse", *out.add_receive());
    if (from.request_body)
      write_payload(*from.request_body, ".http.requestBody", *out.mutable_send());
  }

  void write_method(const std::string& name, HealthCheck::HttpHealthCheck& out) {
    using envoy::config::core::v3::RequestMethod;
    RequestMethod method = envoy::config::core::v3::METHOD_UNSPECIFIED;
    if (!envoy::config::core::v3::RequestMethod_Parse(name, &method) ||
        method == envoy::config::core::v3::METHOD_UNSPECIFIED ||
        method == envoy::config::core::v3::CONNECT)
      fail(".http.method", fmt::format("'{}' is no method that Envoy asks with", name));
    out.set_method(method);
  }

  void write_tcp(const api::TcpHealthChecker& from, HealthCheck::TcpHealthCheck& out) {
    if (from.send) write_payload(*from.send, ".tcp.send", *out.mutable_send());
    if (from.receive) write_payload(*from.receive, ".tcp.receive", *out.add_receive());
  }

  void write_payload(const api::HealthCheckPayload& from, const std::string& path,
                     HealthCheck::Payload& out) {
    std::optional<std::string> bytes = from.text;
    if (from.type == api::PayloadType::kBinary) bytes = decode_base64(from.binary.value_or(""));
    if (!bytes || bytes->empty()) return fail(path, bytes ? "is empty" : "binary is no base64");
    out.set_text(absl::BytesToHexString({bytes->data(), bytes->size()}));
  }

  // No other file: whoever writes a policy may not write to the machine that Envoy runs on.
  void write_log(const api::HealthCheckLog& from, HealthCheck& out) {
    const std::string path = from.sinks.empty() || !from.sinks[0].file
                                 ? api::HealthCheckLogFile{}.path
                                 : from.sinks[0].file->path;
    if (path != "/dev/stdout" && path != "/dev/stderr")
      fail(".healthCheckLog.sinks[0].file.path", "must be /dev/stdout or /dev/stderr");
    envoy::extensions::health_check::event_sinks::file::v3::HealthCheckEventFileSink sink;
    sink.set_event_log_path(path);
    auto& logger = *out.add_event_logger();
    logger.set_name("envoy.health_check.event_sinks.file");
    logger.mutable_typed_config()->PackFrom(sink);
    const auto logs = [&](api::HealthCheckLogMatch match) {
      return std::find(from.matches.begin(), from.matches.end(), match) != from.matches.end();
    };
    out.set_always_log_health_check_failures(logs(api::HealthCheckLogMatch::kFailure));
    out.set_always_log_health_check_success(logs(api::HealthCheckLogMatch::kSuccess));
  }

  const api::ActiveHealthCheck& from_;
  const std::string& host_;
  const bool http2_;
  Mistakes& mistakes_;
};

void write_passive(const api::PassiveHealthCheck& from, cluster_v3::OutlierDetection& out,
                   Mistakes& mistakes) {
  mistakes.want_positive(from.interval, std::string(kPassive) + ".interval");
  mistakes.want_positive(from.base_ejection_time, std::string(kPassive) + ".baseEjectionTime");
  out.Clear();
  out.set_split_external_local_origin_errors(from.split_external_local_origin_errors);
  write_duration(from.interval, *out.mutable_interval());
  write_duration(from.base_ejection_time, *out.mutable_base_ejection_time());
  set(*out.mutable_max_ejection_percent(), from.max_ejection_percent);
  set(*out.mutable_consecutive_5xx(), from.consecutive_5xx_errors);
  set(*out.mutable_consecutive_local_origin_failure(), from.consecutive_local_origin_failures);
  set(*out.mutable_enforcing_consecutive_local_origin_failure(), 100);
  out.mutable_always_eject_one_host()->set_value(from.always_eject_one_endpoint);
  // These two are only counted unless they are enforced.
  if (from.consecutive_gateway_errors) {
    set(*out.mutable_consecutive_gateway_failure(), *from.consecutive_gateway_errors);
    set(*out.mutable_enforcing_consecutive_gateway_failure(), 100);
  }
  if (from.failure_percentage_threshold) {
    set(*out.mutable_failure_percentage_threshold(), *from.failure_percentage_threshold);
    set(*out.mutable_enforcing_failure_percentage(), 100);
  }
}

}  // namespace

void write_health_check(const api::HealthCheck& check, const std::string& host, bool http2,
                        cluster_v3::Cluster& out, Mistakes& mistakes) {
  if (check.panic_threshold)
    out.mutable_common_lb_config()->mutable_healthy_panic_threshold()->set_value(
        *check.panic_threshold);
  if (check.active) Writer(*check.active, host, http2, mistakes).write(*out.add_health_checks());
  if (check.passive) write_passive(*check.passive, *out.mutable_outlier_detection(), mistakes);
}

void write_endpoint_settings(const api::ClusterSettings& settings,
                             envoy::config::endpoint::v3::ClusterLoadAssignment& out) {
  if (!settings.health_check || !settings.health_check->active) return;
  const auto& overrides = settings.health_check->active->overrides;
  if (!overrides || !overrides->port) return;
  for (auto& locality : *out.mutable_endpoints()) {
    for (auto& endpoint : *locality.mutable_lb_endpoints())
      endpoint.mutable_endpoint()->mutable_health_check_config()->set_port_value(
          static_cast<uint32_t>(*overrides->port));
  }
}

}  // namespace limen::features

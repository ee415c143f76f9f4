// Which endpoints are well: part of ClusterSettings.  Source: gateway.envoyproxy.io/v1alpha1.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "api/meta/meta.h"

namespace limen::api {

enum class PayloadType { kText, kBinary };

// The member that `type` names is set.
struct HealthCheckPayload {
  PayloadType type = PayloadType::kText;
  std::optional<std::string> text;
  std::optional<std::string> binary;  // base64
  bool operator==(const HealthCheckPayload&) const = default;
};

struct HttpHealthChecker {
  std::optional<std::string> hostname;
  std::string path;
  std::optional<std::string> method;
  std::vector<int32_t> expected_statuses, retriable_statuses;
  std::optional<HealthCheckPayload> expected_response, request_body;
  bool operator==(const HttpHealthChecker&) const = default;
};

struct TcpHealthChecker {
  std::optional<HealthCheckPayload> send, receive;
  bool operator==(const TcpHealthChecker&) const = default;
};

struct GrpcHealthChecker {
  std::optional<std::string> service;
  bool operator==(const GrpcHealthChecker&) const = default;
};

struct HealthCheckOverrides {
  std::optional<int32_t> port;
  bool operator==(const HealthCheckOverrides&) const = default;
};

enum class HealthCheckLogSinkType { kFile };
enum class HealthCheckLogMatch { kFailure, kFailureSeriesStart, kSuccess, kHealthyTransition };

struct HealthCheckLogFile {
  std::string path = "/dev/stdout";
  bool operator==(const HealthCheckLogFile&) const = default;
};

struct HealthCheckLogSink {
  HealthCheckLogSinkType type = HealthCheckLogSinkType::kFile;
  std::optional<HealthCheckLogFile> file;
  bool operator==(const HealthCheckLogSink&) const = default;
};

struct HealthCheckLog {
  std::vector<HealthCheckLogSink> sinks;
  std::vector<HealthCheckLogMatch> matches;
  bool operator==(const HealthCheckLog&) const = default;
};

enum class HealthCheckerType { kHttp, kTcp, kGrpc };

// Envoy asks endpoints.  Of http, tcp and grpc the one that `type` names is set; grpc may be unset.
struct ActiveHealthCheck {
  Duration timeout{std::chrono::seconds(1)};
  Duration interval{std::chrono::seconds(3)};
  std::optional<Duration> initial_jitter;
  int64_t unhealthy_threshold = 3, healthy_threshold = 1;
  HealthCheckerType type = HealthCheckerType::kHttp;
  std::optional<HttpHealthChecker> http;
  std::optional<TcpHealthChecker> tcp;
  std::optional<GrpcHealthChecker> grpc;
  std::optional<HealthCheckOverrides> overrides;
  std::optional<HealthCheckLog> health_check_log;
  bool operator==(const ActiveHealthCheck&) const = default;
};

// Endpoints that fail requests are left out for a while.
struct PassiveHealthCheck {
  bool split_external_local_origin_errors = false;
  Duration interval{std::chrono::seconds(3)};
  int64_t consecutive_local_origin_failures = 5;
  std::optional<int64_t> consecutive_gateway_errors;
  int64_t consecutive_5xx_errors = 5;
  Duration base_ejection_time{std::chrono::seconds(30)};
  int32_t max_ejection_percent = 10;
  std::optional<int32_t> failure_percentage_threshold;
  bool always_eject_one_endpoint = false;
  bool operator==(const PassiveHealthCheck&) const = default;
};

struct HealthCheck {
  std::optional<int32_t> panic_threshold;  // percent; unset: 50
  std::optional<ActiveHealthCheck> active;
  std::optional<PassiveHealthCheck> passive;
  bool operator==(const HealthCheck&) const = default;
};

}  // namespace limen::api

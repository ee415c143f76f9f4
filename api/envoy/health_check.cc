#include "api/envoy/tables.h"

namespace limen::api {

using schema::each;
using schema::items;
using schema::length;
using schema::max;
using schema::min;
using schema::object;
using schema::pattern;
using schema::required;

namespace {

constexpr double kMostUint32 = 4294967295;

}  // namespace

std::vector<std::string_view> names_of(const PayloadType*) { return {"Text", "Binary"}; }
std::vector<std::string_view> names_of(const HealthCheckerType*) { return {"HTTP", "TCP", "GRPC"}; }
std::vector<std::string_view> names_of(const HealthCheckLogSinkType*) { return {"File"}; }
std::vector<std::string_view> names_of(const HealthCheckLogMatch*) {
  return {"Failure", "FailureSeriesStart", "Success", "HealthyTransition"};
}

const Schema& schema_of(const HealthCheckPayload*) {
  static const Schema schema =
      object<HealthCheckPayload>("HealthCheckPayload", "Bytes.")
          .field<&HealthCheckPayload::type>("type", "Text or Binary.", required())
          .field<&HealthCheckPayload::text>("text", "As they are.")
          .field<&HealthCheckPayload::binary>("binary", "In base64.")
          .rule("has(self.text) == (self.type == 'Text')",
                "set text where type is Text, and only there")
          .rule("has(self.binary) == (self.type == 'Binary')",
                "set binary where type is Binary, and only there");
  return schema;
}

const Schema& schema_of(const HttpHealthChecker*) {
  static const Schema schema =
      object<HttpHealthChecker>("HTTPActiveHealthChecker", "A request.")
          .field<&HttpHealthChecker::hostname>("hostname", "Host; the service's where unset.",
                                               length(1, 253), pattern(kExactHostnamePattern))
          .field<&HttpHealthChecker::path>("path", "Path.", required(), length(1, 1024))
          .field<&HttpHealthChecker::method>("method", "Method; GET where unset.", length(1, 16))
          .field<&HttpHealthChecker::expected_statuses>(
              "expectedStatuses", "Statuses of endpoints that are well; 200 where unset.",
              items(0, 64), each(min(100), max(599)))
          .field<&HttpHealthChecker::retriable_statuses>(
              "retriableStatuses", "Statuses that count as one failure among others.", items(0, 64),
              each(min(100), max(599)))
          .field<&HttpHealthChecker::expected_response>("expectedResponse",
                                                        "What the body must have in it.")
          .field<&HttpHealthChecker::request_body>("requestBody", "Body of the request.")
          .rule("!has(self.requestBody) || (has(self.method) && self.method in ['POST', 'PUT'])",
                "requestBody is for methods POST and PUT");
  return schema;
}

const Schema& schema_of(const TcpHealthChecker*) {
  static const Schema schema =
      object<TcpHealthChecker>("TCPActiveHealthChecker", "A connection.")
          .field<&TcpHealthChecker::send>("send", "What is sent; nothing where unset.")
          .field<&TcpHealthChecker::receive>("receive", "What must come; nothing where unset.");
  return schema;
}

const Schema& schema_of(const GrpcHealthChecker*) {
  static const Schema schema =
      object<GrpcHealthChecker>("GRPCActiveHealthChecker", "A call of grpc.health.v1.Health.")
          .field<&GrpcHealthChecker::service>("service", "Service that is asked about.",
                                              length(0, 253));
  return schema;
}

const Schema& schema_of(const HealthCheckOverrides*) {
  static const Schema schema =
      object<HealthCheckOverrides>("HealthCheckOverrides", "What differs from requests.")
          .field<&HealthCheckOverrides::port>("port", "Port that is asked.", min(1), max(65535));
  return schema;
}

const Schema& schema_of(const HealthCheckLogFile*) {
  static const Schema schema =
      object<HealthCheckLogFile>("HealthCheckLogFile", "A file.")
          .field<&HealthCheckLogFile::path>("path", "Its path: /dev/stdout or /dev/stderr.",
                                            length(1, 253));
  return schema;
}

const Schema& schema_of(const HealthCheckLogSink*) {
  static const Schema schema =
      object<HealthCheckLogSink>("HealthCheckLogSink", "Where it is logged.")
          .field<&HealthCheckLogSink::type>("type", "File.", required())
          .field<&HealthCheckLogSink::file>("file", "For type File.")
          .rule("self.type != 'File' || has(self.file)", "file must be set where type is File");
  return schema;
}

const Schema& schema_of(const HealthCheckLog*) {
  static const Schema schema =
      object<HealthCheckLog>("ProxyHealthCheckLog", "What becomes of checks is logged.")
          .field<&HealthCheckLog::sinks>("sinks", "Where; Envoy's output where unset.", items(0, 1))
          .field<&HealthCheckLog::matches>(
              "matches", "What; FailureSeriesStart and HealthyTransition where unset.", items(0, 4),
              schema::unique())
          .rule(
              "!has(self.matches) || (self.matches.exists(m, m in ['Failure', 'FailureSeriesStart']) && self.matches.exists(m, m in ['Success', 'HealthyTransition']))",
              "matches must have a kind of failure and a kind of success");
  return schema;
}

const Schema& schema_of(const ActiveHealthCheck*) {
  static const Schema schema =
      object<ActiveHealthCheck>("ActiveHealthCheck", "Envoy asks endpoints.")
          .field<&ActiveHealthCheck::timeout>("timeout", "Longest time for an answer.")
          .field<&ActiveHealthCheck::interval>("interval", "Between two questions.")
          .field<&ActiveHealthCheck::initial_jitter>("initialJitter",
                                                     "Longest time before the first one.")
          .field<&ActiveHealthCheck::unhealthy_threshold>(
              "unhealthyThreshold", "Failures after which it gets no requests.", min(1),
              max(kMostUint32))
          .field<&ActiveHealthCheck::healthy_threshold>("healthyThreshold",
                                                        "Successes after which it gets some again.",
                                                        min(1), max(kMostUint32))
          .field<&ActiveHealthCheck::type>("type", "How they are asked.", required())
          .field<&ActiveHealthCheck::http>("http", "A request.")
          .field<&ActiveHealthCheck::tcp>("tcp", "A connection.")
          .field<&ActiveHealthCheck::grpc>("grpc", "A call of grpc.health.v1.Health.")
          .field<&ActiveHealthCheck::overrides>("overrides", "What differs from requests.")
          .field<&ActiveHealthCheck::health_check_log>("healthCheckLog",
                                                       "What becomes of it is logged.")
          .rule("has(self.http) == (self.type == 'HTTP')",
                "set http where type is HTTP, and only there")
          .rule("has(self.tcp) == (self.type == 'TCP')",
                "set tcp where type is TCP, and only there")
          .rule("!has(self.grpc) || self.type == 'GRPC'", "grpc is for type GRPC");
  return schema;
}

const Schema& schema_of(const PassiveHealthCheck*) {
  static const Schema schema =
      object<PassiveHealthCheck>("PassiveHealthCheck",
                                 "Endpoints that fail requests are left out for a while.")
          .field<&PassiveHealthCheck::split_external_local_origin_errors>(
              "splitExternalLocalOriginErrors",
              "Whether failures to connect and errors of endpoints are counted apart.")
          .field<&PassiveHealthCheck::interval>("interval", "How often it is seen to.")
          .field<&PassiveHealthCheck::consecutive_local_origin_failures>(
              "consecutiveLocalOriginFailures",
              "Failures to connect in a row, where they are counted apart.", min(0),
              max(kMostUint32))
          .field<&PassiveHealthCheck::consecutive_gateway_errors>(
              "consecutiveGatewayErrors", "Answers 502, 503 and 504 in a row.", min(0),
              max(kMostUint32))
          .field<&PassiveHealthCheck::consecutive_5xx_errors>(
              "consecutive5XxErrors", "Answers 5xx in a row.", min(0), max(kMostUint32))
          .field<&PassiveHealthCheck::base_ejection_time>("baseEjectionTime",
                                                          "How long, times how often before.")
          .field<&PassiveHealthCheck::max_ejection_percent>(
              "maxEjectionPercent", "Most of the endpoints that are left out.", min(0), max(100))
          .field<&PassiveHealthCheck::failure_percentage_threshold>(
              "failurePercentageThreshold", "Percent of its requests that fail.", min(0), max(100))
          .field<&PassiveHealthCheck::always_eject_one_endpoint>(
              "alwaysEjectOneEndpoint",
              "Whether one may be left out, whatever maxEjectionPercent.");
  return schema;
}

const Schema& schema_of(const HealthCheck*) {
  static const Schema schema =
      object<HealthCheck>("HealthCheck", "Which endpoints are well.")
          .field<&HealthCheck::panic_threshold>(
              "panicThreshold",
              "Where fewer percent are well all get requests; 50 where unset, 0 for never.", min(0),
              max(100))
          .field<&HealthCheck::active>("active", "Envoy asks endpoints.")
          .field<&HealthCheck::passive>("passive",
                                        "Endpoints that fail requests are left out for a while.");
  return schema;
}

}  // namespace limen::api

#include "api/envoy/tables.h"

namespace limen::api {

using schema::each;
using schema::int_or_string;
using schema::items;
using schema::max;
using schema::min;
using schema::object;
using schema::required;

namespace {

constexpr double kMostUint32 = 4294967295;

}  // namespace

std::vector<std::string_view> names_of(const RetryTrigger*) {
  return {"5xx",
          "gateway-error",
          "reset",
          "reset-before-request",
          "connect-failure",
          "retriable-4xx",
          "refused-stream",
          "retriable-status-codes",
          "cancelled",
          "deadline-exceeded",
          "internal",
          "resource-exhausted",
          "unavailable"};
}
std::vector<std::string_view> names_of(const ProxyProtocolVersion*) { return {"V1", "V2"}; }
std::vector<std::string_view> names_of(const DnsLookupFamily*) {
  return {"IPv4", "IPv6", "IPv4Preferred", "IPv6Preferred", "IPv4AndIPv6"};
}

const Schema& schema_of(const RetryOn*) {
  static const Schema schema =
      object<RetryOn>("RetryOn", "What is tried again.")
          .field<&RetryOn::triggers>("triggers", "Envoy's conditions.", items(0, 32))
          .field<&RetryOn::http_status_codes>("httpStatusCodes", "Answers with these statuses.",
                                              items(0, 64), each(min(100), max(599)));
  return schema;
}

const Schema& schema_of(const BackOff*) {
  static const Schema schema =
      object<BackOff>("BackOffPolicy", "The time before a try; it doubles.")
          .field<&BackOff::base_interval>("baseInterval", "Before the first.")
          .field<&BackOff::max_interval>("maxInterval", "Longest; ten times the first where unset.")
          .rule(
              "!has(self.baseInterval) || !has(self.maxInterval) || duration(self.baseInterval) <= duration(self.maxInterval)",
              "maxInterval must not be shorter than baseInterval");
  return schema;
}

const Schema& schema_of(const PerRetry*) {
  static const Schema schema =
      object<PerRetry>("PerRetryPolicy", "Of each try.")
          .field<&PerRetry::timeout>("timeout", "Longest time for an answer.")
          .field<&PerRetry::back_off>("backOff", "The time before it.");
  return schema;
}

const Schema& schema_of(const Retry*) {
  static const Schema schema =
      object<Retry>("Retry", "What fails is tried again.")
          .field<&Retry::num_retries>("numRetries", "How often.", min(0), max(kMostUint32))
          .field<&Retry::num_attempts_per_priority>(
              "numAttemptsPerPriority", "Tries before the fallback has its turn.", min(0))
          .field<&Retry::retry_on>("retryOn", "What is tried again.")
          .field<&Retry::per_retry>("perRetry", "Of each try.");
  return schema;
}

const Schema& schema_of(const ProxyProtocol*) {
  static const Schema schema =
      object<ProxyProtocol>("ProxyProtocol", "Connections begin with the PROXY protocol.")
          .field<&ProxyProtocol::version>("version", "V1 or V2.", required());
  return schema;
}

const Schema& schema_of(const PerEndpointCircuitBreaker*) {
  static const Schema schema =
      object<PerEndpointCircuitBreaker>("PerEndpointCircuitBreakers", "Limits of each endpoint.")
          .field<&PerEndpointCircuitBreaker::max_connections>("maxConnections", "Most connections.",
                                                              min(0), max(kMostUint32));
  return schema;
}

const Schema& schema_of(const RetryBudget*) {
  static const Schema schema =
      object<RetryBudget>("RetryBudget", "How much of the load may be retries.")
          .field<&RetryBudget::percent>("percent", "Which share of the requests.", required())
          .field<&RetryBudget::min_retry_concurrency>("minRetryConcurrency",
                                                      "So many always may; 3 where unset.", min(0),
                                                      max(kMostUint32));
  return schema;
}

const Schema& schema_of(const CircuitBreaker*) {
  static const Schema schema =
      object<CircuitBreaker>("CircuitBreaker",
                             "Limits of each Envoy; what is beyond fails at once.")
          .field<&CircuitBreaker::max_connections>("maxConnections", "Most connections.", min(0),
                                                   max(kMostUint32))
          .field<&CircuitBreaker::max_pending_requests>("maxPendingRequests",
                                                        "Most requests that wait for a connection.",
                                                        min(0), max(kMostUint32))
          .field<&CircuitBreaker::max_parallel_requests>(
              "maxParallelRequests", "Most requests at a time.", min(0), max(kMostUint32))
          .field<&CircuitBreaker::max_parallel_retries>(
              "maxParallelRetries", "Most retries at a time.", min(0), max(kMostUint32))
          .field<&CircuitBreaker::max_requests_per_connection>(
              "maxRequestsPerConnection", "Most requests on a connection; no limit where unset.",
              min(0), max(kMostUint32))
          .field<&CircuitBreaker::per_endpoint>("perEndpoint", "Limits of each endpoint.")
          .field<&CircuitBreaker::retry_budget>(
              "retryBudget", "Share of retries, in place of maxParallelRetries.");
  return schema;
}

const Schema& schema_of(const TcpTimeout*) {
  static const Schema schema =
      object<TcpTimeout>("TCPTimeout", "Of connections.")
          .field<&TcpTimeout::connect_timeout>("connectTimeout",
                                               "Longest time to connect; 10s where unset.");
  return schema;
}

const Schema& schema_of(const HttpTimeout*) {
  static const Schema schema =
      object<HttpTimeout>("HTTPTimeout", "Of requests.")
          .field<&HttpTimeout::connection_idle_timeout>(
              "connectionIdleTimeout", "Longest time without requests; 1h where unset.")
          .field<&HttpTimeout::max_connection_duration>("maxConnectionDuration",
                                                        "Longest life of a connection.")
          .field<&HttpTimeout::request_timeout>("requestTimeout", "Longest time for an answer.")
          .field<&HttpTimeout::max_stream_duration>("maxStreamDuration",
                                                    "Longest life of a request; 0s for any.")
          .field<&HttpTimeout::stream_idle_timeout>("streamIdleTimeout",
                                                    "Longest time without data of a request.");
  return schema;
}

const Schema& schema_of(const Timeout*) {
  static const Schema schema = object<Timeout>("Timeout", "Timeouts.")
                                   .field<&Timeout::tcp>("tcp", "Of connections.")
                                   .field<&Timeout::http>("http", "Of requests.");
  return schema;
}

const Schema& schema_of(const Preconnect*) {
  static const Schema schema =
      object<Preconnect>("PreconnectPolicy", "Connections are made ahead of requests.")
          .field<&Preconnect::per_endpoint_percent>(
              "perEndpointPercent", "So many for those that an endpoint needs.", min(100), max(300))
          .field<&Preconnect::predictive_percent>(
              "predictivePercent", "So many for those that all need; at most 300.", min(100));
  return schema;
}

const Schema& schema_of(const BackendConnection*) {
  static const Schema schema =
      object<BackendConnection>("BackendConnection", "Connections.")
          .field<&BackendConnection::buffer_limit>(
              "bufferLimit", "Bytes that are buffered of one; 32768 where unset.", int_or_string())
          .field<&BackendConnection::socket_buffer_limit>(
              "socketBufferLimit", "Bytes that the kernel buffers.", int_or_string())
          .field<&BackendConnection::preconnect>("preconnect", "Made ahead of requests.");
  return schema;
}

const Schema& schema_of(const Dns*) {
  static const Schema schema =
      object<Dns>("DNS", "How names are looked up.")
          .field<&Dns::dns_refresh_rate>("dnsRefreshRate", "How often; 30s where unset.")
          .field<&Dns::respect_dns_ttl>("respectDnsTtl",
                                        "Whether the answer says how often; true where unset.")
          .field<&Dns::lookup_family>("lookupFamily",
                                      "Which addresses count; IPv4Preferred where unset.");
  return schema;
}

const Schema& schema_of(const ClusterSettings*) {
  static const Schema schema =
      object<ClusterSettings>("ClusterSettings", "How Envoy calls a backend.")
          .field<&ClusterSettings::load_balancer>("loadBalancer",
                                                  "Which endpoint a request goes to.")
          .field<&ClusterSettings::retry>("retry", "What fails is tried again.")
          .field<&ClusterSettings::proxy_protocol>("proxyProtocol",
                                                   "Connections begin with the PROXY protocol.")
          .field<&ClusterSettings::tcp_keepalive>(
              "tcpKeepalive", "Whether the other side is still there is asked by TCP.")
          .field<&ClusterSettings::health_check>("healthCheck", "Which endpoints are well.")
          .field<&ClusterSettings::circuit_breaker>("circuitBreaker", "Limits.")
          .field<&ClusterSettings::timeout>("timeout", "Timeouts.")
          .field<&ClusterSettings::connection>("connection", "Connections.")
          .field<&ClusterSettings::dns>("dns", "How names are looked up.")
          .field<&ClusterSettings::http2>("http2", "HTTP/2.")
          .rule(
              "!has(self.connection) || !has(self.connection.preconnect) || !has(self.connection.preconnect.predictivePercent) || (has(self.loadBalancer) && self.loadBalancer.type in ['Random', 'RoundRobin'])",
              "connection.preconnect.predictivePercent needs loadBalancer.type Random or RoundRobin");
  return schema;
}

}  // namespace limen::api

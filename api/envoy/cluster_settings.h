// How Envoy calls a backend: part of policies.  Source: gateway.envoyproxy.io/v1alpha1.  Quantities
// ("64Ki", 65536) stay as they are written.
#pragma once

#include "api/envoy/connection.h"
#include "api/envoy/health_check.h"
#include "api/envoy/load_balancer.h"
#include "api/gateway/common.h"

namespace limen::schema {
struct Schema;
}

namespace limen::api {

enum class RetryTrigger {
  k5xx,
  kGatewayError,
  kReset,
  kResetBeforeRequest,
  kConnectFailure,
  kRetriable4xx,
  kRefusedStream,
  kRetriableStatusCodes,
  kCancelled,
  kDeadlineExceeded,
  kInternal,
  kResourceExhausted,
  kUnavailable,
};

struct RetryOn {
  std::vector<RetryTrigger> triggers;
  std::vector<int32_t> http_status_codes;
  bool operator==(const RetryOn&) const = default;
};

struct BackOff {
  std::optional<Duration> base_interval, max_interval;
  bool operator==(const BackOff&) const = default;
};

struct PerRetry {
  std::optional<Duration> timeout;
  std::optional<BackOff> back_off;
  bool operator==(const PerRetry&) const = default;
};

// Of requests, not of the cluster that they go to.
struct Retry {
  int64_t num_retries = 2;
  std::optional<int32_t> num_attempts_per_priority;
  std::optional<RetryOn> retry_on;
  std::optional<PerRetry> per_retry;
  bool operator==(const Retry&) const = default;
};

enum class ProxyProtocolVersion { kV1, kV2 };

struct ProxyProtocol {
  ProxyProtocolVersion version = ProxyProtocolVersion::kV1;
  bool operator==(const ProxyProtocol&) const = default;
};

struct PerEndpointCircuitBreaker {
  int64_t max_connections = 1024;
  bool operator==(const PerEndpointCircuitBreaker&) const = default;
};

struct RetryBudget {
  Fraction percent;
  std::optional<int64_t> min_retry_concurrency;
  bool operator==(const RetryBudget&) const = default;
};

struct CircuitBreaker {
  int64_t max_connections = 1024, max_pending_requests = 1024, max_parallel_requests = 1024,
          max_parallel_retries = 1024;
  std::optional<int64_t> max_requests_per_connection;
  std::optional<PerEndpointCircuitBreaker> per_endpoint;
  std::optional<RetryBudget> retry_budget;  // beats max_parallel_retries
  bool operator==(const CircuitBreaker&) const = default;
};

struct TcpTimeout {
  std::optional<Duration> connect_timeout;
  bool operator==(const TcpTimeout&) const = default;
};

// 0s: none.
struct HttpTimeout {
  std::optional<Duration> connection_idle_timeout, max_connection_duration, request_timeout,
      max_stream_duration, stream_idle_timeout;
  bool operator==(const HttpTimeout&) const = default;
};

struct Timeout {
  std::optional<TcpTimeout> tcp;
  std::optional<HttpTimeout> http;
  bool operator==(const Timeout&) const = default;
};

struct Preconnect {
  std::optional<int64_t> per_endpoint_percent, predictive_percent;
  bool operator==(const Preconnect&) const = default;
};

struct BackendConnection {
  Json buffer_limit, socket_buffer_limit;  // bytes
  std::optional<Preconnect> preconnect;
  bool operator==(const BackendConnection&) const = default;
};

enum class DnsLookupFamily {
  kIpv4,
  kIpv6,
  kIpv4Preferred,
  kIpv6Preferred,
  kIpv4AndIpv6,
};

struct Dns {
  std::optional<Duration> dns_refresh_rate;
  std::optional<bool> respect_dns_ttl;
  std::optional<DnsLookupFamily> lookup_family;
  bool operator==(const Dns&) const = default;
};

struct ClusterSettings {
  std::optional<LoadBalancer> load_balancer;
  std::optional<Retry> retry;
  std::optional<ProxyProtocol> proxy_protocol;
  std::optional<TcpKeepalive> tcp_keepalive;
  std::optional<HealthCheck> health_check;
  std::optional<CircuitBreaker> circuit_breaker;
  std::optional<Timeout> timeout;
  std::optional<BackendConnection> connection;
  std::optional<Dns> dns;
  std::optional<Http2Settings> http2;
  bool operator==(const ClusterSettings&) const = default;
};
// Their table, for who keeps them as JSON.
const schema::Schema& schema_of(const ClusterSettings*);

}  // namespace limen::api

#include <sys/socket.h>

#include "features/cluster_settings/parts.h"
#include "features/connection.h"
#include "features/duration.h"

namespace limen::features {
namespace {

constexpr char kHttpOptions[] = "envoy.extensions.upstreams.http.v3.HttpProtocolOptions";
constexpr int64_t kMostPreconnect = 300;  // Envoy's, percent
// Envoy Gateway's, where the settings have an http2.
constexpr uint32_t kStreamWindow = 65536, kConnectionWindow = 1048576, kStreams = 100;

// Without any, Envoy speaks HTTP/1.1.
HttpOptions http_options_of(const cluster_v3::Cluster& cluster) {
  HttpOptions options;
  const auto it = cluster.typed_extension_protocol_options().find(kHttpOptions);
  if (it == cluster.typed_extension_protocol_options().end())
    options.mutable_explicit_http_config()->mutable_http_protocol_options();
  else
    it->second.UnpackTo(&options);
  return options;
}

bool is_http2(const HttpOptions& options) {
  return options.explicit_http_config().has_http2_protocol_options();
}

// nullptr: it speaks HTTP/1.1 only.
envoy::config::core::v3::Http2ProtocolOptions* http2_of(HttpOptions& options) {
  if (options.has_auto_config())
    return options.mutable_auto_config()->mutable_http2_protocol_options();
  return is_http2(options)
             ? options.mutable_explicit_http_config()->mutable_http2_protocol_options()
             : nullptr;
}

class Writer {
 public:
  Writer(const api::ClusterSettings& from, cluster_v3::Cluster& out, Mistakes& mistakes,
         Problems& problems)
      : from_(from), out_(out), mistakes_(mistakes), problems_(problems) {}

  void write(const std::string& host) {
    if (from_.load_balancer) write_load_balancer(*from_.load_balancer, out_, mistakes_);
    if (from_.tcp_keepalive) write_keepalive(*from_.tcp_keepalive);
    if (from_.circuit_breaker) write_limits(*from_.circuit_breaker);
    if (from_.timeout && from_.timeout->tcp && from_.timeout->tcp->connect_timeout)
      write_connect_timeout(*from_.timeout->tcp->connect_timeout);
    if (from_.connection) write_connection(*from_.connection);
    if (from_.dns && out_.type() == cluster_v3::Cluster::STRICT_DNS) write_dns(*from_.dns);
    HttpOptions http = http_options_of(out_);
    if (write_http(http))
      (*out_.mutable_typed_extension_protocol_options())[kHttpOptions].PackFrom(http);
    if (from_.health_check)
      write_health_check(*from_.health_check, host, is_http2(http), out_, mistakes_);
    if (from_.proxy_protocol) write_proxy_protocol(*from_.proxy_protocol, out_);
    if (out_.has_load_assignment()) write_endpoint_settings(from_, *out_.mutable_load_assignment());
  }

 private:
  void write_keepalive(const api::TcpKeepalive& keepalive) {
    const auto [probes, idle, interval] = read_keepalive(keepalive, ".tcpKeepalive", problems_);
    auto& out = *out_.mutable_upstream_connection_options()->mutable_tcp_keepalive();
    if (probes) out.mutable_keepalive_probes()->set_value(*probes);
    if (idle) out.mutable_keepalive_time()->set_value(*idle);
    if (interval) out.mutable_keepalive_interval()->set_value(*interval);
  }

  void write_limits(const api::CircuitBreaker& from) {
    const auto set = [](auto& out, int64_t value) { out.set_value(static_cast<uint32_t>(value)); };
    auto& breakers = *out_.mutable_circuit_breakers();
    if (breakers.thresholds().empty()) breakers.add_thresholds();
    auto& limits = *breakers.mutable_thresholds(0);
    set(*limits.mutable_max_connections(), from.max_connections);
    set(*limits.mutable_max_pending_requests(), from.max_pending_requests);
    set(*limits.mutable_max_requests(), from.max_parallel_requests);
    set(*limits.mutable_max_retries(), from.max_parallel_retries);
    if (from.per_endpoint)
      set(*breakers.add_per_host_thresholds()->mutable_max_connections(),
          from.per_endpoint->max_connections);
    if (!from.retry_budget) return;
    const auto& [numerator, denominator] = from.retry_budget->percent;
    if (numerator < 0 || denominator <= 0 || numerator > denominator)
      return mistakes_.add(".circuitBreaker.retryBudget.percent", "must be a share from 0 to 1");
    auto& budget = *limits.mutable_retry_budget();
    budget.mutable_budget_percent()->set_value(100.0 * numerator / denominator);
    if (from.retry_budget->min_retry_concurrency)
      set(*budget.mutable_min_retry_concurrency(), *from.retry_budget->min_retry_concurrency);
  }

  void write_connect_timeout(const api::Duration& timeout) {
    mistakes_.want_positive(timeout, ".timeout.tcp.connectTimeout");
    write_duration(timeout, *out_.mutable_connect_timeout());
  }

  void write_connection(const api::BackendConnection& from) {
    const auto buffer = bytes_of(from.buffer_limit, kBuffer, ".connection.bufferLimit", problems_);
    if (buffer) out_.mutable_per_connection_buffer_limit_bytes()->set_value(*buffer);
    const auto socket = bytes_of(from.socket_buffer_limit, kSocketBuffer,
                                 ".connection.socketBufferLimit", problems_);
    if (socket)
      add_socket_buffers(*socket, *out_.mutable_upstream_bind_config()->mutable_socket_options());
    if (!from.preconnect) return;
    const auto& [per_endpoint, predictive] = *from.preconnect;
    auto& out = *out_.mutable_preconnect_policy();
    if (per_endpoint)
      out.mutable_per_upstream_preconnect_ratio()->set_value(static_cast<double>(*per_endpoint) /
                                                             100);
    if (predictive && *predictive > kMostPreconnect)
      mistakes_.add(".connection.preconnect.predictivePercent",
                    "Envoy takes at most " + std::to_string(kMostPreconnect));
    if (predictive)
      out.mutable_predictive_preconnect_ratio()->set_value(static_cast<double>(*predictive) / 100);
  }

  void write_dns(const api::Dns& from) {
    if (from.dns_refresh_rate && from.dns_refresh_rate->value <= std::chrono::milliseconds(1))
      mistakes_.add(".dns.dnsRefreshRate", "must be longer than 1ms");
    if (from.dns_refresh_rate)
      write_duration(*from.dns_refresh_rate, *out_.mutable_dns_refresh_rate());
    if (from.respect_dns_ttl) out_.set_respect_dns_ttl(*from.respect_dns_ttl);
    if (!from.lookup_family) return;
    switch (*from.lookup_family) {
      case api::DnsLookupFamily::kIpv4:
        return out_.set_dns_lookup_family(cluster_v3::Cluster::V4_ONLY);
      case api::DnsLookupFamily::kIpv6:
        return out_.set_dns_lookup_family(cluster_v3::Cluster::V6_ONLY);
      case api::DnsLookupFamily::kIpv4Preferred:
        return out_.set_dns_lookup_family(cluster_v3::Cluster::V4_PREFERRED);
      case api::DnsLookupFamily::kIpv6Preferred:
        return out_.set_dns_lookup_family(cluster_v3::Cluster::AUTO);
      case api::DnsLookupFamily::kIpv4AndIpv6:
        return out_.set_dns_lookup_family(cluster_v3::Cluster::ALL);
    }
  }

  // False: they say nothing of it.
  bool write_http(HttpOptions& out) {
    envoy::config::core::v3::HttpProtocolOptions common;
    if (from_.timeout && from_.timeout->http) write_timeouts(*from_.timeout->http, common);
    if (from_.circuit_breaker && from_.circuit_breaker->max_requests_per_connection)
      common.mutable_max_requests_per_connection()->set_value(
          static_cast<uint32_t>(*from_.circuit_breaker->max_requests_per_connection));
    envoy::config::core::v3::Http2ProtocolOptions http2;
    if (from_.http2) read_http2(*from_.http2, http2);
    auto* const http2_out = from_.http2 ? http2_of(out) : nullptr;
    if (http2_out != nullptr) *http2_out = std::move(http2);
    const bool has_common = common.ByteSizeLong() > 0;
    if (has_common) *out.mutable_common_http_protocol_options() = std::move(common);
    return has_common || http2_out != nullptr;
  }

  static void write_timeouts(const api::HttpTimeout& from,
                             envoy::config::core::v3::HttpProtocolOptions& out) {
    if (from.connection_idle_timeout)
      write_duration(*from.connection_idle_timeout, *out.mutable_idle_timeout());
    if (is_some(from.max_connection_duration))
      write_duration(*from.max_connection_duration, *out.mutable_max_connection_duration());
    if (is_some(from.max_stream_duration))
      write_duration(*from.max_stream_duration, *out.mutable_max_stream_duration());
  }

  // What is wrong is told whatever the service speaks.
  void read_http2(const api::Http2Settings& from,
                  envoy::config::core::v3::Http2ProtocolOptions& out) {
    out.mutable_initial_stream_window_size()->set_value(kStreamWindow);
    out.mutable_initial_connection_window_size()->set_value(kConnectionWindow);
    out.mutable_max_concurrent_streams()->set_value(kStreams);
    write_http2(from, ".http2", out, problems_);
  }

  const api::ClusterSettings& from_;
  cluster_v3::Cluster& out_;
  Mistakes& mistakes_;
  Problems& problems_;
};

}  // namespace

api::ClusterSettings cluster_part(api::ClusterSettings settings) {
  settings.retry.reset();
  if (settings.timeout && settings.timeout->http) {
    auto& http = settings.timeout->http;
    http->request_timeout.reset();
    http->stream_idle_timeout.reset();
    if (*http == api::HttpTimeout{}) http.reset();
  }
  if (settings.timeout == api::Timeout{}) settings.timeout.reset();
  return settings;
}

Problems write_cluster_settings(const api::ClusterSettings& settings, const std::string& host,
                                cluster_v3::Cluster& out) {
  Problems problems;
  Mistakes mistakes(problems);
  Writer(settings, out, mistakes, problems).write(host);
  return problems;
}

Problems check_cluster_settings(const api::ClusterSettings& settings, BackendHttp http) {
  cluster_v3::Cluster any;
  any.set_type(cluster_v3::Cluster::STRICT_DNS);
  HttpOptions options;
  if (http == BackendHttp::kHttp2)
    options.mutable_explicit_http_config()->mutable_http2_protocol_options();
  else
    options.mutable_explicit_http_config()->mutable_http_protocol_options();
  (*any.mutable_typed_extension_protocol_options())[kHttpOptions].PackFrom(options);
  return write_cluster_settings(settings, "host", any);
}

std::optional<api::Duration> request_timeout(const api::BackendCluster& service) {
  if (!service.backend_settings || !service.backend_settings->timeout ||
      !service.backend_settings->timeout->http)
    return std::nullopt;
  return service.backend_settings->timeout->http->request_timeout;
}

}  // namespace limen::features

// Connections of clients, and HTTP on them: parts of ClientTrafficPolicy.  Source:
// gateway.envoyproxy.io/v1alpha1.  Quantities ("64Ki", 65536) stay as they are written.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "api/envoy/connection.h"
#include "api/envoy/policy.h"

namespace limen::api {

struct ProxyProtocolSettings {
  std::optional<bool> optional;  // connections without the header pass
  bool operator==(const ProxyProtocolSettings&) const = default;
};

// Exactly one of hops and CIDRs.
struct XForwardedForSettings {
  std::optional<int64_t> num_trusted_hops;
  std::vector<std::string> trusted_cidrs;
  std::optional<bool> disable_x_forwarded_for_append;
  bool operator==(const XForwardedForSettings&) const = default;
};

struct CustomHeaderSettings {
  std::string name;
  std::optional<bool> fail_closed;  // 403 where there is no address in it
  bool operator==(const CustomHeaderSettings&) const = default;
};

struct DirectSourceIp {
  bool operator==(const DirectSourceIp&) const = default;
};

// Exactly one.
struct ClientIpDetectionSettings {
  std::optional<XForwardedForSettings> x_forwarded_for;
  std::optional<CustomHeaderSettings> custom_header;
  std::optional<DirectSourceIp> direct_source_ip;
  bool operator==(const ClientIpDetectionSettings&) const = default;
};

struct TcpClientTimeout {
  std::optional<Duration> idle_timeout, tls_handshake_timeout, connection_inspection_timeout;
  bool operator==(const TcpClientTimeout&) const = default;
};

struct HttpClientTimeout {
  std::optional<Duration> request_received_timeout, request_headers_received_timeout, idle_timeout,
      stream_idle_timeout;
  bool operator==(const HttpClientTimeout&) const = default;
};

struct ClientTimeout {
  std::optional<TcpClientTimeout> tcp;
  std::optional<HttpClientTimeout> http;
  bool operator==(const ClientTimeout&) const = default;
};

struct ConnectionLimit {
  std::optional<int64_t> value;  // connections at a time
  std::optional<Duration> close_delay;
  std::optional<Duration> max_connection_duration, max_stream_duration;
  std::optional<int64_t> max_requests_per_connection;
  bool operator==(const ConnectionLimit&) const = default;
};

struct ClientConnection {
  std::optional<ConnectionLimit> connection_limit;
  Json buffer_limit, socket_buffer_limit;              // bytes
  std::optional<int64_t> max_accept_per_socket_event;  // 0: no limit
  bool operator==(const ClientConnection&) const = default;
};

struct Http10Settings {
  std::optional<bool> use_default_host;
  bool operator==(const Http10Settings&) const = default;
};

struct Http1Settings {
  std::optional<bool> enable_trailers, preserve_header_case;
  std::optional<Http10Settings> http10;
  std::optional<bool> disable_safe_max_connection_duration;
  std::vector<StringMatch> ignored_upgrade_types;
  bool operator==(const Http1Settings&) const = default;
};

}  // namespace limen::api

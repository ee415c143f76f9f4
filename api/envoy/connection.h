// Connections of clients and to backends alike: parts of policies.  Source:
// gateway.envoyproxy.io/v1alpha1.  Quantities ("64Ki", 65536) stay as they are written.
#pragma once

#include <optional>

#include "api/meta/meta.h"
#include "base/json.h"

namespace limen::api {

// Unset: the kernel's defaults.
struct TcpKeepalive {
  std::optional<int64_t> probes;
  std::optional<Duration> idle_time, interval;
  bool operator==(const TcpKeepalive&) const = default;
};

enum class InvalidMessageAction { kTerminateConnection, kTerminateStream };

struct Http2ConnectionKeepalive {
  std::optional<Duration> interval, timeout, idle_interval;
  std::optional<int32_t> interval_jitter;  // percent
  bool operator==(const Http2ConnectionKeepalive&) const = default;
};

struct Http2Settings {
  Json initial_stream_window_size, initial_connection_window_size;  // bytes
  std::optional<int64_t> max_concurrent_streams;
  std::optional<InvalidMessageAction> on_invalid_message;
  std::optional<Http2ConnectionKeepalive> connection_keepalive;
  bool operator==(const Http2Settings&) const = default;
};

}  // namespace limen::api

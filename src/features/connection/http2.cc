#include "features/connection.h"
#include "features/duration.h"

namespace limen::features {
namespace {

constexpr ByteRange kWindow = {65535, 2147483647};
constexpr api::Duration kPingTimeout = {std::chrono::seconds(5)};

void write_ping(const api::Http2ConnectionKeepalive& ping,
                envoy::config::core::v3::KeepaliveSettings& out) {
  if (is_some(ping.interval)) write_duration(*ping.interval, *out.mutable_interval());
  write_duration(is_some(ping.timeout) ? *ping.timeout : kPingTimeout, *out.mutable_timeout());
  if (is_some(ping.idle_interval))
    write_duration(*ping.idle_interval, *out.mutable_connection_idle_interval());
  if (ping.interval_jitter) out.mutable_interval_jitter()->set_value(*ping.interval_jitter);
}

}  // namespace

void write_http2(const api::Http2Settings& http2, const std::string& path,
                 envoy::config::core::v3::Http2ProtocolOptions& out, Problems& problems) {
  const auto stream = bytes_of(http2.initial_stream_window_size, kWindow,
                               path + ".initialStreamWindowSize", problems);
  if (stream) out.mutable_initial_stream_window_size()->set_value(*stream);
  const auto connection = bytes_of(http2.initial_connection_window_size, kWindow,
                                   path + ".initialConnectionWindowSize", problems);
  if (connection) out.mutable_initial_connection_window_size()->set_value(*connection);
  if (http2.max_concurrent_streams)
    out.mutable_max_concurrent_streams()->set_value(
        static_cast<uint32_t>(*http2.max_concurrent_streams));
  if (http2.on_invalid_message)
    out.mutable_override_stream_error_on_invalid_http_message()->set_value(
        *http2.on_invalid_message == api::InvalidMessageAction::kTerminateStream);
  if (http2.connection_keepalive)
    write_ping(*http2.connection_keepalive, *out.mutable_connection_keepalive());
}

}  // namespace limen::features

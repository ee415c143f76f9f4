#include "api/envoy/tables.h"

namespace limen::api {

using schema::int_or_string;
using schema::max;
using schema::min;
using schema::object;

std::vector<std::string_view> names_of(const InvalidMessageAction*) {
  return {"TerminateConnection", "TerminateStream"};
}

const Schema& schema_of(const TcpKeepalive*) {
  static const Schema schema =
      object<TcpKeepalive>("TCPKeepalive", "Whether the other side is still there is asked by TCP.")
          .field<&TcpKeepalive::probes>("probes", "Questions without an answer until it closes.",
                                        min(0), max(4294967295))
          .field<&TcpKeepalive::idle_time>("idleTime", "How long it is idle before that.")
          .field<&TcpKeepalive::interval>("interval", "Between two questions.");
  return schema;
}

const Schema& schema_of(const Http2ConnectionKeepalive*) {
  static const Schema schema =
      object<Http2ConnectionKeepalive>("HTTP2ConnectionKeepalive",
                                       "Whether the other side is still there is asked by PING.")
          .field<&Http2ConnectionKeepalive::interval>("interval", "Between two questions.")
          .field<&Http2ConnectionKeepalive::timeout>("timeout", "Longest time for an answer.")
          .field<&Http2ConnectionKeepalive::interval_jitter>(
              "intervalJitter", "Percent of it that is chance; 15 where unset.", min(0), max(100))
          .field<&Http2ConnectionKeepalive::idle_interval>(
              "idleInterval", "How long it is idle before it is asked ahead of a request.")
          .rule(
              "!has(self.interval) || !has(self.timeout) || duration(self.timeout) < duration(self.interval)",
              "timeout must be shorter than interval");
  return schema;
}

const Schema& schema_of(const Http2Settings*) {
  static const Schema schema =
      object<Http2Settings>("HTTP2Settings", "HTTP/2.")
          .field<&Http2Settings::initial_stream_window_size>(
              "initialStreamWindowSize", "Bytes; 64Ki where unset.", int_or_string())
          .field<&Http2Settings::initial_connection_window_size>(
              "initialConnectionWindowSize", "Bytes; 1Mi where unset.", int_or_string())
          .field<&Http2Settings::max_concurrent_streams>(
              "maxConcurrentStreams", "Most requests at a time; 100 where unset.", min(1),
              max(2147483647))
          .field<&Http2Settings::on_invalid_message>(
              "onInvalidMessage", "What a message that is none ends; the connection where unset.")
          .field<&Http2Settings::connection_keepalive>(
              "connectionKeepalive", "Whether the other side is still there is asked by PING.");
  return schema;
}

}  // namespace limen::api

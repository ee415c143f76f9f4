// What connections of clients and those to backends share.  Within src/features only.
#pragma once

#include <envoy/config/core/v3/protocol.pb.h>
#include <envoy/config/core/v3/socket_option.pb.h>

#include <limits>
#include <optional>
#include <string>

#include "api/envoy/connection.h"
#include "base/problem.h"

namespace limen::features {

struct ByteRange {
  uint64_t least, most;
};
inline constexpr ByteRange kBuffer = {0, std::numeric_limits<uint32_t>::max()};
inline constexpr ByteRange kSocketBuffer = {1, std::numeric_limits<int32_t>::max()};

// nullopt: unset, or a problem was added: no number, or out of range.
std::optional<uint32_t> bytes_of(const Json& value, const ByteRange& range, const std::string& path,
                                 Problems& problems);

inline bool is_some(const std::optional<api::Duration>& duration) {
  return duration && duration->value.count() > 0;
}

// What it does not say stays as it is in `out`.
void write_http2(const api::Http2Settings& http2, const std::string& path,
                 envoy::config::core::v3::Http2ProtocolOptions& out, Problems& problems);

// What the kernel is told; a problem is added for what it does not take.
struct KeepaliveNumbers {
  std::optional<uint32_t> probes, idle_seconds, interval_seconds;
};
KeepaliveNumbers read_keepalive(const api::TcpKeepalive& keepalive, const std::string& path,
                                Problems& problems);

using SocketOptions = google::protobuf::RepeatedPtrField<envoy::config::core::v3::SocketOption>;
void add_socket_option(int level, int name, int64_t value, SocketOptions& out);
// SO_RCVBUF and SO_SNDBUF.
void add_socket_buffers(uint32_t bytes, SocketOptions& out);

}  // namespace limen::features

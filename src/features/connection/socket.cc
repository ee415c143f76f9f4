#include <sys/socket.h>

#include "features/connection.h"

namespace limen::features {
namespace {

// What Linux takes.
constexpr int64_t kMostKeepaliveSeconds = 32767, kMostProbes = 127;

std::optional<uint32_t> number_of(std::optional<int64_t> value, int64_t most, const char* unit,
                                  const std::string& path, Problems& problems) {
  if (value && *value >= 1 && *value <= most) return static_cast<uint32_t>(*value);
  if (value)
    problems.push_back({"Invalid", path, "the kernel takes 1 to " + std::to_string(most) + unit});
  return std::nullopt;
}

}  // namespace

KeepaliveNumbers read_keepalive(const api::TcpKeepalive& keepalive, const std::string& path,
                                Problems& problems) {
  const auto seconds = [&](const std::optional<api::Duration>& duration, const char* field) {
    std::optional<int64_t> value;
    if (duration) value = duration->value.count() / 1000;
    return number_of(value, kMostKeepaliveSeconds, " seconds", path + field, problems);
  };
  KeepaliveNumbers numbers;
  numbers.probes = number_of(keepalive.probes, kMostProbes, "", path + ".probes", problems);
  numbers.idle_seconds = seconds(keepalive.idle_time, ".idleTime");
  numbers.interval_seconds = seconds(keepalive.interval, ".interval");
  return numbers;
}

void add_socket_option(int level, int name, int64_t value, SocketOptions& out) {
  auto& option = *out.Add();
  option.set_level(level);
  option.set_name(name);
  option.set_int_value(value);
  option.set_state(envoy::config::core::v3::SocketOption::STATE_PREBIND);
}

void add_socket_buffers(uint32_t bytes, SocketOptions& out) {
  add_socket_option(SOL_SOCKET, SO_RCVBUF, bytes, out);
  add_socket_option(SOL_SOCKET, SO_SNDBUF, bytes, out);
}

}  // namespace limen::features

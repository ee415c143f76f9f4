// Envoy's admin interface over its unix socket.  Blocks for at most a second; any thread.
#pragma once

#include <cstdint>
#include <string>

#include "base/result.h"

namespace limen::infra {

// No new work: listeners drain and health checks fail, while requests under way go on.
// Source: Envoy's admin POST /drain_listeners?graceful and /healthcheck/fail.
Status drain(const std::string& admin_socket);

// Requests of clients that are under way now.
Result<uint64_t> active_requests(const std::string& admin_socket);

}  // namespace limen::infra

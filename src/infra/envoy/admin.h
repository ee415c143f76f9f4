// Envoy's admin interface over its unix socket.  Each call blocks for at most a second; any thread.
#pragma once

#include <cstdint>
#include <set>
#include <string>

#include "base/result.h"

namespace limen::infra {

// What clients have under way.
struct Activity {
  uint64_t connections = 0;
  uint64_t requests = 0;  // and connections that are proxied as such (TLSRoute, TCPRoute)
};

class Admin {
 public:
  explicit Admin(std::string socket) : socket_(std::move(socket)) {}

  // Has its first configuration, and workers that accept connections.  GET /ready
  bool is_live() const;
  // Names of listeners that are in service.  GET /listeners
  Result<std::set<std::string>> listeners() const;
  // GET /stats
  Result<Activity> activity() const;

  // Each response asks its client to connect anew; nothing else changes.  POST /healthcheck/fail
  Status fail_health_checks() const;
  // Listeners drain, and close at the end of --drain-time-s.  POST /drain_listeners?graceful
  Status drain_listeners() const;
  // Listeners close now; connections go on.  POST /drain_listeners
  Status close_listeners() const;

 private:
  Result<std::string> ask(const char* method, const std::string& path) const;
  Status post(const std::string& path) const;

  std::string socket_;
};

}  // namespace limen::infra

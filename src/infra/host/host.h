// Runs one Envoy a proxy as a process of this machine.
//
// An Envoy outlives Limen: it is the leader of its own session, and its process id is on record, so
// that the next Limen takes it over.  It is started again with back-off when it dies, and replaced
// by another one beside it when it is to be started differently.  Used on the event loop's thread.
//
// <state>/proxies/<name>/  envoy.log, and for each of two places:
//   bootstrap.json  pid (record.h)  bootstrap-b.json  pid-b
// <state>/admin/<hash>.sock  Envoy's admin interface; short, for unix(7) allows a path 107 bytes
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>

#include "base/event_loop.h"
#include "base/result.h"
#include "infra/plan.h"

namespace limen::infra {

struct HostState {
  std::string proxy;
  bool running = false;
  std::string message;  // what is wrong; "": nothing
};

struct HostSettings {
  std::string envoy;      // the binary
  std::string state_dir;  // absolute
  // How long an Envoy that is to replace another one may take to serve.
  std::chrono::milliseconds ready_timeout{30'000};
  // The text of bootstrap.json for a proxy's Envoy, with its admin interface on this unix socket.
  std::function<std::string(const ProxyPlan& plan, const std::string& node,
                            const std::string& admin_socket)>
      bootstrap;
  std::function<void(const HostState&)> on_state;
};

class Host {
 public:
  Host(HostSettings settings, EventLoop& loop);
  ~Host();  // leaves the Envoys running
  Host(const Host&) = delete;
  Host& operator=(const Host&) = delete;

  void apply(const PlanChange& change);
  // Drains and ends all Envoys; calls back when they are gone.
  void stop_all(std::function<void()> done);
  // After stop_all(): without waiting for requests any longer.
  void end_all();

 private:
  class Proxy;
  HostSettings settings_;
  EventLoop& loop_;
  std::map<std::string, std::unique_ptr<Proxy>> proxies_;
  std::function<void()> all_gone_;
};

// The longest state folder whose sockets' paths unix(7) allows.
inline constexpr size_t kLongestStateDir = 107 - sizeof("/admin/12345678.sock") + 1;

// The Envoy binary: `given`, else `envoy` on PATH, else that of the virtual environment beside this
// program's build folder.  The error says where was looked.
Result<std::string> find_envoy(const std::string& given);

// Whether it answers --version as Envoy does.  Takes the time of a process, at most 2 s.
bool looks_like_envoy(const std::string& binary);

}  // namespace limen::infra

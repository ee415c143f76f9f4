// Whether a program lives and is ready, for probes: GET /healthz and /readyz; and its figures: GET
// /metrics.  A thread of its own answers, so that an event loop that hangs is noticed.
#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <string>

#include "base/event_loop.h"
#include "base/result.h"
#include "http/server.h"

namespace limen::http {

class Probes {
 public:
  // What /metrics answers (base/metrics_text.h).  Called on the loop's thread.
  using Metrics = std::function<std::string()>;

  // A loop that says nothing for `longest` hangs: 40,000 routes are first translated in seconds.
  Probes(EventLoop& loop, Metrics metrics,
         std::chrono::milliseconds longest = std::chrono::seconds(60));
  ~Probes();
  Probes(const Probes&) = delete;
  Probes& operator=(const Probes&) = delete;

  // `host` is an IP address, `port` 0 any that is free.
  Status listen(const std::string& host, int port);
  // REQUIRES: listen() succeeded.
  int port() const;

  void set_ready() { ready_ = true; }

 private:
  struct Thread;
  void beat();
  Answer answer(const std::string& path) const;
  boost::asio::awaitable<Answer> ask_loop();

  EventLoop& loop_;
  const Metrics metrics_;
  const std::chrono::milliseconds longest_;
  std::atomic<bool> ready_ = false;
  std::atomic<EventLoop::Clock::time_point> beat_;  // the loop's last sign of life
  std::unique_ptr<Thread> thread_;
};

}  // namespace limen::http

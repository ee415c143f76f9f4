// The last part of an Envoy's life: it finishes what it has begun, and ends.  On the event loop's
// thread.
//
// With another Envoy to take over (hand_over()), in the order that loses no request:
//   1. new connections (steering.h) and datagrams (datagrams.h) go to the other; responses ask
//      their clients to connect anew
//   2. after a second, and once its accept queues are empty, its listeners close
//   3. when its last connection is gone it is ended; idle ones are given 10 s, requests and
//      connections that are proxied as such `longest`
// A connection that a client keeps idle for longer is closed, as any server may do.  Without
// steering, what is in an accept queue when the listener closes is reset by the kernel: unless
// net.ipv4.tcp_migrate_req is 1.
#pragma once

#include <chrono>
#include <memory>

#include "infra/envoy/admin.h"
#include "infra/host/instance.h"
#include "infra/host/steering.h"

namespace limen::infra {

class Retirement {
 public:
  Retirement(EventLoop& loop, std::unique_ptr<Instance> instance, std::string proxy,
             std::chrono::milliseconds longest);
  ~Retirement();  // leaves the process as it is
  Retirement(const Retirement&) = delete;
  Retirement& operator=(const Retirement&) = delete;

  void hand_over(const ProcessRecord& staying);
  void stop();  // nobody takes over: requests under way are let finish
  void end();   // now
  // The Envoy that took over is gone.
  void forget_staying() { steering_.reset(); }

  const Instance& instance() const { return *instance_; }

 private:
  void await_queues();
  void listeners_closed();
  void await_connections();
  void await_requests();
  bool out_of_time(uint64_t requests);
  void later(std::chrono::milliseconds delay, void (Retirement::*step)());

  EventLoop& loop_;
  std::unique_ptr<Instance> instance_;
  std::string proxy_;
  std::chrono::milliseconds longest_;
  Admin admin_;
  std::unique_ptr<Steering> steering_;
  EventLoop::Clock::time_point begun_;
  uint64_t timer_ = 0;
};

}  // namespace limen::infra

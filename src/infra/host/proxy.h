// One proxy's Envoys: a current one, and beside it at most one that comes or one that leaves.  On
// the event loop's thread.
//
// When the current one was started with other settings than wanted, the next is started beside it
// (same ports, by SO_REUSEPORT; other node id and admin socket).  Once the next has every listener
// that the current one has, the two change roles and the old one retires (retirement.h).  A next
// one that ends or takes too long is given up: the current one stays, the state says so, and it is
// tried again after a minute or when the settings change.
#pragma once

#include "infra/host/host.h"
#include "infra/host/instance.h"
#include "infra/host/retirement.h"

namespace limen::infra {

class Host::Proxy {
 public:
  Proxy(const HostSettings& settings, EventLoop& loop, std::function<void()> gone);
  ~Proxy();  // leaves the Envoys running
  Proxy(const Proxy&) = delete;
  Proxy& operator=(const Proxy&) = delete;

  void run(const ProxyPlan& plan);
  void stop();  // drains, then end()
  void end();
  bool stopping() const { return stopping_; }

 private:
  Place place(int number) const { return place_of(settings_.state_dir, plan_.proxy, number); }
  Instance::OnExit on_exit(int number);
  std::string hash_of_settings() const;
  void adopt();
  void converge();
  void start(Role role);
  void await_next();
  bool next_serves() const;
  void promote_next();
  void give_up_next(const std::string& why);
  void next_failed(const std::string& why);
  void retire(std::unique_ptr<Instance> instance, const Instance* in_favour_of);
  void ended(int number, const std::string& how);
  void current_failed(const std::string& why);
  void report(bool running, std::string message);

  const HostSettings& settings_;
  EventLoop& loop_;
  std::function<void()> gone_;
  ProxyPlan plan_;
  std::string wanted_;  // hash of how Envoy is to be started
  std::unique_ptr<Instance> current_, next_;
  std::vector<std::unique_ptr<Retirement>> leaving_;
  std::chrono::milliseconds back_off_;
  bool holding_off_ = false;  // the next one failed, and is tried again later
  uint64_t retry_timer_ = 0, next_timer_ = 0;
  bool stopping_ = false;
};

}  // namespace limen::infra

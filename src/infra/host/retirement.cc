#include "infra/host/retirement.h"

#include <signal.h>

#include "base/log.h"
#include "infra/host/datagrams.h"

namespace limen::infra {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kHandshake{1000};  // connections that were dealt to it just before
constexpr milliseconds kQueuePatience{5000};
constexpr milliseconds kClosing{100};
constexpr milliseconds kIdlePatience{10'000};
constexpr milliseconds kPoll{50};
constexpr milliseconds kEndPatience{10'000};

}  // namespace

Retirement::Retirement(EventLoop& loop, std::unique_ptr<Instance> instance, std::string proxy,
                       milliseconds longest)
    : loop_(loop),
      instance_(std::move(instance)),
      proxy_(std::move(proxy)),
      longest_(longest),
      admin_(instance_->place().admin_socket) {}

Retirement::~Retirement() { loop_.cancel(timer_); }

void Retirement::later(milliseconds delay, void (Retirement::*step)()) {
  loop_.cancel(timer_);
  timer_ = loop_.after(delay, [this, step] { (this->*step)(); });
}

void Retirement::hand_over(const ProcessRecord& staying) {
  begun_ = EventLoop::Clock::now();
  instance_->set_role(Role::kLeaving);
  const ProcessRecord& own = instance_->record();
  const ProcessRecord& newer = own.start_time > staying.start_time ? own : staying;
  steering_ = std::make_unique<Steering>(own.pid, staying.pid, newer.older_sockets);
  if (!steering_->gap().empty())
    log::warn("infra", "{}: connections that Envoy has not accepted yet may be reset: {}", proxy_,
              steering_->gap());
  if (const Status taken = take_datagrams(own.pid, staying.pid); !taken)
    log::warn("infra", "{}: some UDP datagrams will be lost until the old Envoy has ended: {}",
              proxy_, taken.error().message);
  if (!admin_.fail_health_checks()) return end();  // it has not come up yet
  later(kHandshake, &Retirement::await_queues);
}

void Retirement::await_queues() {
  const auto now = EventLoop::Clock::now();
  if (steering_ && steering_->waiting() > 0 && now - begun_ < kQueuePatience)
    return later(kPoll, &Retirement::await_queues);
  if (!admin_.close_listeners()) return end();
  later(kClosing, &Retirement::listeners_closed);
}

void Retirement::listeners_closed() {
  steering_.reset();
  await_connections();
}

void Retirement::await_connections() {
  const Result<Activity> now = admin_.activity();
  if (!now || now->connections == 0) return end();
  const bool idle = now->requests == 0 && EventLoop::Clock::now() - begun_ >= kIdlePatience;
  if (idle || out_of_time(now->requests)) return end();
  later(kPoll, &Retirement::await_connections);
}

void Retirement::stop() {
  begun_ = EventLoop::Clock::now();
  instance_->set_role(Role::kLeaving);
  if (!admin_.fail_health_checks() || !admin_.drain_listeners()) return end();
  await_requests();
}

void Retirement::await_requests() {
  const Result<Activity> now = admin_.activity();
  if (!now || now->requests == 0 || out_of_time(now->requests)) return end();
  later(kPoll, &Retirement::await_requests);
}

bool Retirement::out_of_time(uint64_t requests) {
  if (EventLoop::Clock::now() - begun_ < longest_) return false;
  log::warn("infra", "{}: {} requests are cut off, {} ms after the drain began", proxy_, requests,
            longest_.count());
  return true;
}

void Retirement::end() {
  steering_.reset();
  instance_->signal(SIGTERM);
  loop_.cancel(timer_);
  timer_ = loop_.after(kEndPatience, [this] { instance_->signal(SIGKILL); });
}

}  // namespace limen::infra

// A timer of an event loop that can be set again and again: the earliest time counts.  On the
// loop's thread.
#pragma once

#include <utility>

#include "base/event_loop.h"

namespace limen {

class Alarm {
 public:
  using Time = EventLoop::Clock::time_point;

  Alarm(EventLoop& loop, EventLoop::Callback callback)
      : loop_(loop), callback_(std::move(callback)) {}
  ~Alarm() { loop_.cancel(timer_); }
  Alarm(const Alarm&) = delete;
  Alarm& operator=(const Alarm&) = delete;

  // Calls back at `time`, unless it does so earlier anyway.  Time::max(): never.
  void set(Time time) {
    if (time >= time_) return;
    loop_.cancel(timer_);
    time_ = time;
    timer_ = loop_.after(time - EventLoop::Clock::now(), [this] {
      time_ = Time::max();
      callback_();
    });
  }

 private:
  EventLoop& loop_;
  EventLoop::Callback callback_;
  uint64_t timer_ = 0;
  Time time_ = Time::max();
};

}  // namespace limen

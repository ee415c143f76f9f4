// One thread's wait for files, timers and other threads.  All callbacks run on the thread of run().
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <mutex>
#include <vector>

#include "base/files.h"

namespace limen {

class EventLoop {
 public:
  using Clock = std::chrono::steady_clock;
  using Callback = std::function<void()>;

  EventLoop();

  // Calls back whenever `fd` can be read, until unwatch().
  void watch(int fd, Callback callback);
  void unwatch(int fd);

  // Calls back once, after `delay`.  The returned id is for cancel().
  uint64_t after(Clock::duration delay, Callback callback);
  void cancel(uint64_t timer);

  // From any thread: run it on the loop's thread.
  void post(Callback callback);

  void run();   // until stop(); may be called again
  void stop();  // from a callback

 private:
  void run_posted();
  void run_timers();
  int timeout_ms() const;

  UniqueFd epoll_, wake_;
  std::map<int, Callback> watched_;
  std::map<std::pair<Clock::time_point, uint64_t>, Callback> timers_;
  std::map<uint64_t, Clock::time_point> timer_times_;
  uint64_t next_timer_ = 0;
  bool stopping_ = false;

  std::mutex mutex_;              // the standard's, because ThreadSanitizer understands that one
  std::vector<Callback> posted_;  // guarded by mutex_
};

}  // namespace limen

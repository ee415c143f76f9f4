// A queue of values between threads: many may push, one takes.  Unbounded.
#pragma once

#include <absl/base/thread_annotations.h>
#include <absl/synchronization/mutex.h>
#include <absl/time/time.h>

#include <utility>
#include <vector>

namespace limen {

template <class T>
class Queue {
 public:
  void push(T value) {
    absl::MutexLock lock(&mutex_);
    values_.push_back(std::move(value));
  }

  // From now on take() never waits.
  void close() {
    absl::MutexLock lock(&mutex_);
    closed_ = true;
  }

  // Everything that waits, in order; waits for a first one until `timeout`.  Empty: closed or timed
  // out.
  std::vector<T> take(absl::Duration timeout) {
    absl::MutexLock lock(&mutex_);
    mutex_.AwaitWithTimeout(absl::Condition(this, &Queue::ready), timeout);
    return std::exchange(values_, {});
  }

  bool closed() const {
    absl::MutexLock lock(&mutex_);
    return closed_;
  }

 private:
  bool ready() const { return closed_ || !values_.empty(); }

  mutable absl::Mutex mutex_;
  std::vector<T> values_ ABSL_GUARDED_BY(mutex_);
  bool closed_ ABSL_GUARDED_BY(mutex_) = false;
};

}  // namespace limen

// How long to wait before the next try.  One thread.
#pragma once

#include <algorithm>
#include <chrono>
#include <random>

namespace limen::kube {

struct BackoffSettings {
  std::chrono::milliseconds first{250}, longest{15'000};
};

// Doubles from try to try up to `longest`; each wait is drawn from its upper half, so that clients
// that failed together come back apart.
class Backoff {
 public:
  explicit Backoff(BackoffSettings settings, uint32_t seed = std::random_device()())
      : settings_(settings), random_(seed) {}

  std::chrono::milliseconds next() {
    span_ = span_.count() == 0 ? settings_.first : std::min(span_ * 2, settings_.longest);
    std::uniform_int_distribution<int64_t> spread(span_.count() / 2, span_.count());
    return std::chrono::milliseconds(spread(random_));
  }

  void reset() { span_ = {}; }

 private:
  BackoffSettings settings_;
  std::chrono::milliseconds span_{0};
  std::minstd_rand random_;
};

}  // namespace limen::kube

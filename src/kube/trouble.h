// What goes wrong with something that is tried again and again: whether it is worth a line in the
// log.  One thread.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <utility>

#include "kube/request.h"

namespace limen::kube {

class Trouble {
 public:
  static constexpr std::chrono::milliseconds kPatience{20'000};

  // What is temporary is everyday for so long.
  explicit Trouble(std::chrono::milliseconds patience = kPatience) : patience_(patience) {}

  // Whether to say it.  Without an answer the client's Health has said it; what is temporary is
  // told when it lasts, for an API server that starts refuses for some seconds.
  bool is_news(const Answer& answer) {
    const auto now = std::chrono::steady_clock::now();
    if (!since_) since_ = now;
    const bool everyday = answer.is_temporary() && now - *since_ <= patience_;
    return answer.status != 0 && !everyday && is_news(answer.message);
  }
  // Once, however often it happens.
  bool is_news(const std::string& message) { return std::exchange(said_, message) != message; }

  void over() {
    since_.reset();
    said_.clear();
  }

 private:
  std::chrono::milliseconds patience_;
  std::string said_;
  std::optional<std::chrono::steady_clock::time_point> since_;  // the first try that failed
};

}  // namespace limen::kube

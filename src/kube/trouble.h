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
  // Whether to say it.  Without an answer the client's Health has said it; what is temporary is
  // told when it lasts, for an API server that starts refuses for some seconds.
  bool is_news(const Answer& answer) {
    const auto now = std::chrono::steady_clock::now();
    if (!since_) since_ = now;
    const bool everyday = answer.is_temporary() && now - *since_ <= kPatience;
    return answer.status != 0 && !everyday && is_news(answer.message);
  }
  // Once, however often it happens.
  bool is_news(const std::string& message) { return std::exchange(said_, message) != message; }

  void over() {
    since_.reset();
    said_.clear();
  }

 private:
  static constexpr std::chrono::seconds kPatience{20};

  std::string said_;
  std::optional<std::chrono::steady_clock::time_point> since_;  // the first try that failed
};

}  // namespace limen::kube

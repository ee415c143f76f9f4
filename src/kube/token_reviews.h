// Who a bearer token belongs to: asked of the API server by TokenReview, and remembered.
//
// A verdict is believed for a while without asking again; while the API server cannot be asked, a
// good one until the token expires.  Tokens that are none are refused without asking.
// Source: kind TokenReview of authentication.k8s.io/v1; RFC 7519 (exp).
#pragma once

#include <chrono>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/event_loop.h"
#include "base/result.h"
#include "kube/request.h"

namespace limen::kube {

struct TokenReviewSettings {
  std::string audience;              // that tokens must be for
  std::chrono::seconds fresh{60};    // a good verdict is not asked for again
  std::chrono::seconds refused{10};  // nor a bad one
  size_t most_remembered = 10'000;
  // Questions under way: few, for other requests share the connections.
  size_t at_once = 4;
  size_t most_waiting = 1'000;  // who comes then is refused
  std::function<std::chrono::system_clock::time_point()> now = [] {
    return std::chrono::system_clock::now();
  };
};

struct ServiceAccount {
  std::string name_space, name;
  bool operator==(const ServiceAccount&) const = default;
};

class TokenReviews : public std::enable_shared_from_this<TokenReviews> {
 public:
  using Send = std::function<void(Request, std::function<void(Answer)>)>;
  using Verdict = Result<ServiceAccount>;

  TokenReviews(TokenReviewSettings settings, EventLoop& loop, Send send)
      : settings_(std::move(settings)), loop_(loop), send_(std::move(send)) {}

  // Any thread, as long as the loop lives.  Calls back once on the loop's thread; never, if the
  // loop has stopped.  REQUIRES: a shared_ptr owns this.
  void verify(std::string token, std::function<void(Verdict)> done);

 private:
  using TimePoint = std::chrono::system_clock::time_point;
  struct Known {
    Verdict verdict;
    TimePoint asked, expires;  // expires: the token
  };
  struct Question {
    std::string key, token;
    TimePoint expires;
  };

  void look(std::string token, std::function<void(Verdict)> done);
  void pump();
  void on_answer(const Question& question, const Answer& answer);
  void cannot_ask(const std::string& key, const std::string& why);
  void tell(const std::string& key, const Verdict& verdict);
  void remember(const Question& question, const Verdict& verdict);
  bool is_believed(const Known& known) const;

  const TokenReviewSettings settings_;
  EventLoop& loop_;
  const Send send_;
  // By the token's SHA-256: no token is kept longer than its question takes.
  std::map<std::string, Known> known_;
  std::map<std::string, std::vector<std::function<void(Verdict)>>> waiting_;
  std::deque<Question> queue_;
  size_t under_way_ = 0, waiters_ = 0;
};

}  // namespace limen::kube

// Lists objects once more, beside the watch that follows them.  On the event loop's thread.
#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <string>

#include "base/event_loop.h"
#include "kube/backoff.h"
#include "kube/request.h"
#include "kube/trouble.h"

namespace limen::providers {

class Fetcher {
 public:
  using Send = std::function<void(kube::Request, std::function<void(kube::Answer)>)>;

  struct Query {
    kube::Resource resource;
    std::string name_space;  // "": all
    std::string field_selector;
  };

  Fetcher(EventLoop& loop, Send send) : loop_(loop), send_(std::move(send)) {}
  Fetcher(const Fetcher&) = delete;
  Fetcher& operator=(const Fetcher&) = delete;

  // Calls `page` for each page of items and `done` after the last; tries again until it has them
  // all, from the beginning where it must.  A kind that is not served has none.  At most `kAtOnce`
  // are under way, the others wait.
  void fetch(Query query, std::function<void(Json::Array)> page, std::function<void()> done);

 private:
  static constexpr int kAtOnce = 4, kPageSize = 500;

  struct Job {
    Query query;
    std::function<void(Json::Array)> page;
    std::function<void()> done;
    std::string next;  // page
    kube::Backoff backoff{{}};
    kube::Trouble trouble;
  };

  void pump();
  void ask(const std::shared_ptr<Job>& job);
  void take(const std::shared_ptr<Job>& job, kube::Answer answer);
  void retry(const std::shared_ptr<Job>& job, const kube::Answer& answer);

  EventLoop& loop_;
  Send send_;
  std::deque<std::shared_ptr<Job>> waiting_;
  int under_way_ = 0;
};

}  // namespace limen::providers

// Follows one kind by list and watch, for ever.  In coroutines on the client's thread.
//
// Source: Kubernetes API concepts, "Efficient detection of changes" and "410 Gone responses".
#pragma once

#include "http/post.h"
#include "kube/client.h"
#include "kube/session.h"
#include "kube/trouble.h"

namespace limen::kube {

// Who waits for kinds that the API server does not know; all look again when one of them is there,
// because definitions come together.
class Absentees {
 public:
  void add(const std::shared_ptr<boost::asio::steady_timer>& timer) { timers_.push_back(timer); }
  void wake() {
    for (const auto& each : std::exchange(timers_, {})) {
      if (const auto timer = each.lock()) timer->cancel();
    }
  }

 private:
  std::vector<std::weak_ptr<boost::asio::steady_timer>> timers_;
};

class Reflector {
 public:
  Reflector(Follow follow, const ClientSettings& settings, Endpoint& endpoint, http::Post& post,
            boost::asio::io_context& io, Absentees& absentees);

  boost::asio::awaitable<void> run();

 private:
  enum class Listed { kWhole, kFailed, kAbsent };
  enum class Watched { kGoesOn, kStale };  // kStale: only a list helps

  boost::asio::awaitable<Listed> list();
  boost::asio::awaitable<bool> list_pages();  // false: see last_
  boost::asio::awaitable<bool> is_doubtful(int64_t objects);
  boost::asio::awaitable<void> await_definition();
  boost::asio::awaitable<Watched> watch();
  boost::asio::awaitable<Watched> read_events();
  boost::asio::awaitable<void> deliver(Delivery delivery);
  boost::asio::awaitable<void> recover();

  Request list_request(const std::string& next) const;
  Request watch_request();
  void take_line(std::string_view line, Delivery& delivery);
  void take_error(const Json& status);
  ObjectEvent event_of(Json object, bool deleted) const;
  std::string name() const;
  void say(const std::string& trouble);
  void warn(const std::string& trouble) const;

  Follow follow_;
  const ClientSettings& settings_;
  http::Post& post_;
  boost::asio::io_context& io_;
  Absentees& absentees_;
  Session session_;
  Backoff backoff_, absent_;

  std::string version_;   // up to which everything is known: metadata.resourceVersion
  int64_t objects_;       // how many there are
  bool doubted_ = false;  // the list before was empty, and not believed
  Answer last_;           // what went wrong
  Trouble trouble_;
};

}  // namespace limen::kube

#include "kube/client.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/executor_work_guard.hpp>

#include <algorithm>
#include <deque>
#include <thread>

#include "kube/reflector.h"

namespace limen::kube {
namespace {

// A session without work keeps its connection for so long.
constexpr std::chrono::seconds kKept{30};

}  // namespace

class Client::Core {
 public:
  Core(Config config, ClientSettings settings, EventLoop& loop)
      : settings_(settings), endpoint_(std::move(config)), post_(loop, io_) {
    for (int i = 0; i < settings_.connections; ++i) spawn(work());
    thread_ = std::thread([this] { io_.run(); });
  }

  ~Core() {
    post_.stop();
    io_.stop();
    thread_.join();
    idle_.clear();
    reflectors_.clear();  // their connections, before what they run on
  }

  void send(Request request, std::function<void(Answer)> done) {
    boost::asio::post(io_,
                      [this, pending = Pending{std::move(request), std::move(done)}]() mutable {
                        queue_.push_back(std::move(pending));
                        if (idle_.empty()) return;
                        const auto timer = idle_.back();  // the one whose connection was used last
                        idle_.pop_back();
                        timer->cancel();
                      });
  }

  void follow(Follow follow) {
    boost::asio::post(io_, [this, follow = std::move(follow)]() mutable {
      reflectors_.push_back(std::make_unique<Reflector>(std::move(follow), settings_, endpoint_,
                                                        post_, io_, absentees_));
      spawn(reflectors_.back()->run());
    });
  }

 private:
  struct Pending {
    Request request;
    std::function<void(Answer)> done;
  };

  // What an exception of a library's (no memory) ends, ends the program.
  void spawn(boost::asio::awaitable<void> coroutine) {
    boost::asio::co_spawn(io_, std::move(coroutine), [](const std::exception_ptr& error) {
      if (error) std::rethrow_exception(error);
    });
  }

  // One of the sessions for requests.
  boost::asio::awaitable<void> work() {
    Session session(endpoint_);
    for (;;) {
      while (queue_.empty()) co_await rest(session);
      Pending pending = std::move(queue_.front());
      queue_.pop_front();
      Answer answer = co_await session.exchange(pending.request);
      post_.to_loop([done = std::move(pending.done), answer = std::move(answer)]() mutable {
        done(std::move(answer));
      });
    }
  }

  boost::asio::awaitable<void> rest(Session& session) {
    const auto timer = std::make_shared<boost::asio::steady_timer>(io_, kKept);
    idle_.push_back(timer);
    boost::system::error_code woken;
    co_await timer->async_wait(boost::asio::redirect_error(boost::asio::use_awaitable, woken));
    if (woken) co_return;
    session.close();
    timer->expires_at(boost::asio::steady_timer::time_point::max());
    if (std::find(idle_.begin(), idle_.end(), timer) == idle_.end()) co_return;  // woken meanwhile
    co_await timer->async_wait(boost::asio::redirect_error(boost::asio::use_awaitable, woken));
  }

  const ClientSettings settings_;
  Endpoint endpoint_;
  std::vector<std::unique_ptr<Reflector>> reflectors_;
  Absentees absentees_;
  std::deque<Pending> queue_;
  // Below everything that its coroutines refer to: they end with it.
  boost::asio::io_context io_{1};
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> stays_{
      io_.get_executor()};
  http::Post post_;
  std::vector<std::shared_ptr<boost::asio::steady_timer>> idle_;  // of sessions that have no work
  std::thread thread_;
};

Client::Client(Config config, ClientSettings settings, EventLoop& loop)
    : core_(std::make_unique<Core>(std::move(config), settings, loop)) {}
Client::~Client() = default;

void Client::send(Request request, std::function<void(Answer)> done) {
  core_->send(std::move(request), std::move(done));
}

void Client::follow(Follow follow) { core_->follow(std::move(follow)); }

}  // namespace limen::kube

// From a thread of coroutines to the event loop's and back.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <memory>

#include "base/event_loop.h"

namespace limen::http {

class Post {
 public:
  Post(EventLoop& loop, boost::asio::io_context& io) : loop_(loop), io_(io) {}

  // Runs `work` on the loop, unless stop() came first.
  template <class F>
  void to_loop(F work) {
    loop_.post([alive = alive_, shared = std::make_shared<F>(std::move(work))] {
      if (*alive) (*shared)();
    });
  }

  // The same; goes on when it has run.
  template <class F>
  boost::asio::awaitable<void> on_loop(F work) {
    namespace asio = boost::asio;
    const auto ran =
        std::make_shared<asio::steady_timer>(io_, asio::steady_timer::time_point::max());
    to_loop([&io = io_, ran, work = std::move(work)]() mutable {
      work();
      asio::post(io, [ran] { ran->cancel(); });
    });
    boost::system::error_code cancelled;
    co_await ran->async_wait(asio::redirect_error(asio::use_awaitable, cancelled));
  }

  // On the loop's thread.
  void stop() { *alive_ = false; }

 private:
  EventLoop& loop_;
  boost::asio::io_context& io_;
  const std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);  // the loop's thread's
};

// Waits so long.
inline boost::asio::awaitable<void> pause(boost::asio::io_context& io,
                                          std::chrono::milliseconds time) {
  boost::asio::steady_timer timer(io, time);
  boost::system::error_code ignored;
  co_await timer.async_wait(boost::asio::redirect_error(boost::asio::use_awaitable, ignored));
}

}  // namespace limen::http

// Answers probes and scrapers: requests without a body, one a connection, from few clients.  In
// coroutines on the thread of its io_context.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <functional>
#include <string>

#include "base/result.h"

namespace limen::http {

struct Answer {
  int status = 200;
  std::string body = {};
  std::string content_type = "text/plain";
};

class Server {
 public:
  // Of a path, without the query.  It may take its time.
  using Handler = std::function<boost::asio::awaitable<Answer>(std::string path)>;

  // The io_context outlives this one's coroutines, which refer to this.
  Server(boost::asio::io_context& io, Handler handler)
      : io_(io), handler_(std::move(handler)), acceptor_(io) {}
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  // `host` is an IP address, `port` 0 any that is free.  The error says what is in the way.
  Status listen(const std::string& host, int port);
  // REQUIRES: listen() succeeded.
  int port() const { return acceptor_.local_endpoint().port(); }

 private:
  boost::asio::awaitable<void> accept();
  boost::asio::awaitable<void> serve(boost::asio::ip::tcp::socket socket);

  boost::asio::io_context& io_;
  const Handler handler_;
  boost::asio::ip::tcp::acceptor acceptor_;
  int clients_ = 0;
};

}  // namespace limen::http

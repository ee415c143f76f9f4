// Requests one after the other on a connection that is kept, opened anew where needed.  In
// coroutines on the client's thread.
#pragma once

#include <boost/asio/awaitable.hpp>

#include "http/connection.h"
#include "kube/health.h"
#include "kube/request.h"
#include "kube/tls_contexts.h"

namespace limen::kube {

namespace asio = boost::asio;
using http::Milliseconds;

// What all sessions of a client share.
struct Endpoint {
  explicit Endpoint(Config c)
      : config(std::move(c)), contexts(config), health(config.authority()) {}

  const Config config;
  TlsContexts contexts;
  Health health;
  Milliseconds patience{10'000};  // for connecting
};

class Session {
 public:
  explicit Session(Endpoint& endpoint) : endpoint_(endpoint) {}

  // Without an answer (no connection, cut off): status 0.  What a connection that was kept too long
  // costs is tried again on a new one, except where it could have its effect twice (POST).
  asio::awaitable<Answer> exchange(const Request& request);

  // A response that has no end of its own.  An answer that is ok() has no body here: it comes from
  // read_some().
  asio::awaitable<Answer> begin(const Request& request);
  asio::awaitable<Result<std::string_view>> read_some(Milliseconds patience);

  void close() { connection_.reset(); }

 private:
  // The head of an answer.
  struct Head {
    int status = 0;
    Milliseconds retry_after{0};  // header Retry-After in seconds; 0: there is none
  };

  asio::awaitable<Status> connect();
  Result<http::Connection::Message> message_of(const Request& request) const;
  asio::awaitable<Result<Head>> ask_now(const Request& request);
  asio::awaitable<Result<Head>> ask(const Request& request);
  asio::awaitable<Answer> read_body(const Request& request, const Head& head);

  Endpoint& endpoint_;
  std::unique_ptr<http::Connection> connection_;
};

}  // namespace limen::kube

// Requests one after the other on a connection that is kept, opened anew where needed.  In
// coroutines on the client's thread.
#pragma once

#include <boost/asio/awaitable.hpp>

#include "kube/connection.h"
#include "kube/health.h"

namespace limen::kube {

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
  asio::awaitable<Result<Head>> ask(const Request& request);
  asio::awaitable<Answer> read_body(const Request& request, const Head& head);

  Endpoint& endpoint_;
  std::unique_ptr<Connection> connection_;
};

}  // namespace limen::kube

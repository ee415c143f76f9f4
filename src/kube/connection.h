// One HTTP/1.1 connection to the API server by TLS, in coroutines on the client's thread.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http/buffer_body.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/ssl/ssl_stream.hpp>

#include <chrono>
#include <memory>
#include <optional>
#include <string>

#include "kube/config.h"
#include "kube/request.h"

namespace limen::kube {

namespace asio = boost::asio;
namespace beast = boost::beast;
using Milliseconds = std::chrono::milliseconds;

// The authorities and the client certificate of a Config.  Files are read for each connection, and
// what was made of them is shared as long as they say the same.
class TlsContexts {
 public:
  explicit TlsContexts(const Config& config) : config_(config) {}
  Result<std::shared_ptr<asio::ssl::context>> current();

 private:
  const Config& config_;
  std::string made_of_;
  std::shared_ptr<asio::ssl::context> context_;
};

// The head of a response.
struct Head {
  int status = 0;
  Milliseconds retry_after{0};  // header Retry-After in seconds; 0: there is none
};

class Connection {
 public:
  static asio::awaitable<Result<std::unique_ptr<Connection>>> open(const Config& config,
                                                                   TlsContexts& contexts,
                                                                   Milliseconds patience);

  // Sends the request and awaits the head.  REQUIRES: is_idle().
  asio::awaitable<Result<Head>> ask(const Request& request);
  // The next piece of the body, valid until the next call; "": it has ended.  An error if nothing
  // comes for so long.
  asio::awaitable<Result<std::string_view>> read_some(Milliseconds patience);

  // Whether it can take (another) request.
  bool is_idle() const { return !parser_ && usable_; }

 private:
  using Stream = beast::ssl_stream<beast::tcp_stream>;
  using Parser = beast::http::response_parser<beast::http::buffer_body>;

  Connection(const Config& config, std::shared_ptr<asio::ssl::context> context,
             const asio::any_io_executor& executor)
      : config_(config), context_(std::move(context)), stream_(executor, *context_) {}

  asio::awaitable<Status> connect(Milliseconds patience);
  asio::awaitable<Status> shake_hands();
  Error failed(const char* what, const beast::error_code& error);

  const Config& config_;
  std::shared_ptr<asio::ssl::context> context_;
  Stream stream_;
  beast::flat_buffer buffer_;
  std::optional<Parser> parser_;  // while a response is being read
  bool usable_ = true;
  std::string piece_;
};

}  // namespace limen::kube

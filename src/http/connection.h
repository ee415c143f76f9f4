// One HTTP/1.1 connection, by TLS or without, in coroutines on one thread.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http/buffer_body.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/ssl/ssl_stream.hpp>

#include <chrono>
#include <memory>
#include <optional>
#include <string>

#include "base/result.h"

namespace limen::http {

namespace asio = boost::asio;
namespace beast = boost::beast;
using Milliseconds = std::chrono::milliseconds;

// Where a server is.
struct ServerAddress {
  std::string host;  // name or IP address, without brackets
  std::string port;
  std::string tls_name;  // that its certificate is for; "": `host`
};

class Connection {
 public:
  using Message = beast::http::request<beast::http::string_body>;
  using Head = beast::http::response_header<>;

  // Without a context there is no TLS.
  static asio::awaitable<Result<std::unique_ptr<Connection>>> open(
      const ServerAddress& server, std::shared_ptr<asio::ssl::context> context,
      Milliseconds patience);

  // Sends the message and awaits the answer's head, valid until the body's end has been read.
  // REQUIRES: is_idle().
  asio::awaitable<Result<const Head*>> ask(const Message& message, Milliseconds patience);
  // The next piece of the body, valid until the next call; "": it has ended.  An error if nothing
  // comes for so long.
  asio::awaitable<Result<std::string_view>> read_some(Milliseconds patience);

  // Whether it can take (another) message.
  bool is_idle() const { return !parser_ && usable_; }

 private:
  using Socket = beast::tcp_stream;
  using Parser = beast::http::response_parser<beast::http::buffer_body>;

  Connection(std::shared_ptr<asio::ssl::context> context, const asio::any_io_executor& executor);

  asio::awaitable<Status> connect(const ServerAddress& server, Milliseconds patience);
  asio::awaitable<Status> shake_hands(const std::string& name);
  asio::awaitable<void> write(const Message& message, beast::error_code& error);
  asio::awaitable<void> read_head(beast::error_code& error);
  asio::awaitable<void> read_body(beast::error_code& error);
  Error failed(const char* what, const beast::error_code& error);

  std::shared_ptr<asio::ssl::context> context_;
  Socket socket_;
  std::optional<beast::ssl_stream<Socket&>> tls_;
  beast::flat_buffer buffer_;
  std::optional<Parser> parser_;  // while an answer is being read
  bool usable_ = true;
  std::string piece_;
};

}  // namespace limen::http

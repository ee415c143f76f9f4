#include "http/connection.h"

#include <fmt/format.h>
#include <netinet/tcp.h>

#include <boost/asio/connect.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/ssl/host_name_verification.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/write.hpp>

namespace limen::http {
namespace {

namespace wire = beast::http;
using asio::ip::tcp;

constexpr size_t kPieceBytes = 32 << 10;
constexpr uint32_t kHeadBytes = 64 << 10;

auto into(beast::error_code& error) { return asio::redirect_error(asio::use_awaitable, error); }

// A peer that is gone without a word is noticed after about half a minute.
void set_keepalive(tcp::socket& socket) {
  beast::error_code ignored;
  socket.set_option(tcp::no_delay(true), ignored);
  socket.set_option(asio::socket_base::keep_alive(true), ignored);
  const int fd = socket.native_handle();
  const auto set = [fd](int option, int value) {
    ::setsockopt(fd, IPPROTO_TCP, option, &value, sizeof(value));
  };
  set(TCP_KEEPIDLE, 15);
  set(TCP_KEEPINTVL, 5);
  set(TCP_KEEPCNT, 3);
  set(TCP_USER_TIMEOUT, 30'000);
}

// A number resolves to itself, without asking anyone.
asio::awaitable<Result<std::vector<tcp::endpoint>>> resolve(const ServerAddress& server) {
  beast::error_code error;
  const auto number = asio::ip::make_address(server.host, error);
  const auto port = static_cast<unsigned short>(std::atoi(server.port.c_str()));
  std::vector<tcp::endpoint> endpoints;
  if (!error) endpoints.emplace_back(number, port);
  if (!error) co_return endpoints;
  tcp::resolver resolver(co_await asio::this_coro::executor);
  const auto found = co_await resolver.async_resolve(server.host, server.port, into(error));
  if (error) co_return Error{fmt::format("cannot find {}: {}", server.host, error.message())};
  for (const auto& each : found) endpoints.push_back(each.endpoint());
  co_return endpoints;
}

}  // namespace

Connection::Connection(std::shared_ptr<asio::ssl::context> context,
                       const asio::any_io_executor& executor)
    : context_(std::move(context)), socket_(executor) {
  if (context_ != nullptr) tls_.emplace(socket_, *context_);
}

asio::awaitable<Result<std::unique_ptr<Connection>>> Connection::open(
    const ServerAddress& server, std::shared_ptr<asio::ssl::context> context,
    Milliseconds patience) {
  const auto executor = co_await asio::this_coro::executor;
  std::unique_ptr<Connection> connection(new Connection(std::move(context), executor));
  const Status connected = co_await connection->connect(server, patience);
  if (!connected) co_return connected.error();
  co_return connection;
}

Error Connection::failed(const char* what, const beast::error_code& error) {
  usable_ = false;
  if (error == beast::error::timeout) return Error{fmt::format("{}: no answer in time", what)};
  return Error{fmt::format("{}: {}", what, error.message())};
}

asio::awaitable<Status> Connection::connect(const ServerAddress& server, Milliseconds patience) {
  const auto endpoints = co_await resolve(server);
  if (!endpoints) co_return endpoints.error();
  beast::error_code error;
  socket_.expires_after(patience);
  co_await socket_.async_connect(*endpoints, into(error));
  if (error) co_return failed("cannot connect", error);
  set_keepalive(socket_.socket());
  if (!tls_) co_return Status();
  co_return co_await shake_hands(server.tls_name.empty() ? server.host : server.tls_name);
}

// Within what is left of connect()'s patience.
asio::awaitable<Status> Connection::shake_hands(const std::string& name) {
  beast::error_code error;
  asio::ip::make_address(name, error);
  if (error) SSL_set_tlsext_host_name(tls_->native_handle(), name.c_str());  // RFC 6066: no numbers
  tls_->set_verify_callback(asio::ssl::host_name_verification(name));
  error = {};
  co_await tls_->async_handshake(asio::ssl::stream_base::client, into(error));
  if (!error) co_return Status();
  const long verdict = ::SSL_get_verify_result(tls_->native_handle());
  if (verdict != X509_V_OK) {
    usable_ = false;
    co_return Error{fmt::format("its certificate is not accepted for {}: {}", name,
                                ::X509_verify_cert_error_string(verdict))};
  }
  co_return failed("TLS handshake", error);
}

asio::awaitable<void> Connection::write(const Message& message, beast::error_code& error) {
  if (tls_)
    co_await wire::async_write(*tls_, message, into(error));
  else
    co_await wire::async_write(socket_, message, into(error));
}

asio::awaitable<void> Connection::read_head(beast::error_code& error) {
  if (tls_)
    co_await wire::async_read_header(*tls_, buffer_, *parser_, into(error));
  else
    co_await wire::async_read_header(socket_, buffer_, *parser_, into(error));
}

asio::awaitable<void> Connection::read_body(beast::error_code& error) {
  if (tls_)
    co_await wire::async_read_some(*tls_, buffer_, *parser_, into(error));
  else
    co_await wire::async_read_some(socket_, buffer_, *parser_, into(error));
}

asio::awaitable<Result<const Connection::Head*>> Connection::ask(const Message& message,
                                                                 Milliseconds patience) {
  beast::error_code error;
  socket_.expires_after(patience);
  co_await write(message, error);
  if (error) co_return failed("cannot send", error);
  parser_.emplace();
  parser_->skip(message.method() == wire::verb::head);
  parser_->header_limit(kHeadBytes);
  parser_->body_limit(boost::none);  // bounded by who reads
  socket_.expires_after(patience);
  co_await read_head(error);
  if (error) co_return failed("no answer", error);
  co_return &parser_->get().base();
}

asio::awaitable<Result<std::string_view>> Connection::read_some(Milliseconds patience) {
  piece_.resize(kPieceBytes);
  while (!parser_->is_done()) {
    auto& body = parser_->get().body();
    body.data = piece_.data();
    body.size = piece_.size();
    body.more = true;
    beast::error_code error;
    socket_.expires_after(patience);
    co_await read_body(error);
    if (error && error != wire::error::need_buffer)
      co_return failed("the answer was cut off", error);
    const size_t got = piece_.size() - body.size;
    if (got > 0) co_return std::string_view(piece_.data(), got);
  }
  usable_ = usable_ && parser_->keep_alive();
  parser_.reset();
  co_return std::string_view();
}

}  // namespace limen::http

#include "http/server.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>

namespace limen::http {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace wire = beast::http;
using asio::ip::tcp;

constexpr std::chrono::seconds kPatience{10};  // with a client that says nothing
constexpr std::chrono::milliseconds kPause{100};
constexpr int kMostClients = 64;

std::string path_of(beast::string_view target) {
  return std::string(target.substr(0, target.find('?')));
}

}  // namespace

Status Server::listen(const std::string& host, int port) {
  boost::system::error_code error;
  const auto address = asio::ip::make_address(host, error);
  const tcp::endpoint endpoint(address, static_cast<uint16_t>(port));
  if (!error) acceptor_.open(endpoint.protocol(), error);
  if (!error) acceptor_.set_option(tcp::acceptor::reuse_address(true), error);
  if (!error) acceptor_.bind(endpoint, error);
  if (!error) acceptor_.listen(tcp::acceptor::max_listen_connections, error);
  if (error) return Error{error.message()};
  asio::co_spawn(io_, accept(), asio::detached);
  return {};
}

asio::awaitable<void> Server::accept() {
  for (;;) {
    boost::system::error_code error;
    tcp::socket socket =
        co_await acceptor_.async_accept(asio::redirect_error(asio::use_awaitable, error));
    if (error == asio::error::operation_aborted) co_return;
    if (error) {  // no file descriptor is free, for example
      asio::steady_timer timer(io_, kPause);
      co_await timer.async_wait(asio::use_awaitable);
    } else if (clients_ < kMostClients) {  // others are closed
      asio::co_spawn(io_, serve(std::move(socket)), asio::detached);
    }
  }
}

asio::awaitable<void> Server::serve(tcp::socket socket) {
  ++clients_;
  try {
    beast::tcp_stream stream(std::move(socket));
    beast::flat_buffer buffer;
    wire::request<wire::empty_body> request;
    stream.expires_after(kPatience);
    co_await wire::async_read(stream, buffer, request, asio::use_awaitable);
    Answer answer = co_await handler_(path_of(request.target()));
    wire::response<wire::string_body> response;
    response.result(static_cast<unsigned>(answer.status));
    response.set(wire::field::content_type, answer.content_type);
    response.body() = std::move(answer.body);
    response.prepare_payload();
    response.keep_alive(false);
    stream.expires_after(kPatience);
    co_await wire::async_write(stream, response, asio::use_awaitable);
  } catch (const boost::system::system_error&) {  // the client has gone
  }
  --clients_;
}

}  // namespace limen::http

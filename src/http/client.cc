#include "http/client.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/beast/core/string.hpp>
#include <thread>

#include "base/url.h"
#include "http/connection.h"
#include "http/post.h"
#include "http/tls.h"

namespace limen::http {
namespace {

using Clock = std::chrono::steady_clock;

// What is left of a request's time.
class Patience {
 public:
  explicit Patience(Milliseconds time) : end_(Clock::now() + time) {}
  Milliseconds left() const {
    const auto left = std::chrono::duration_cast<Milliseconds>(end_ - Clock::now());
    return std::max(left, Milliseconds(1));
  }

 private:
  Clock::time_point end_;
};

Connection::Message message_of(const Request& request, const Url& url) {
  Connection::Message message;
  message.method_string(request.method);
  message.target(url.target);
  message.version(11);
  message.set(beast::http::field::host, url.authority);
  message.set(beast::http::field::user_agent, "limen");
  message.set(beast::http::field::connection, "close");
  for (const Header& header : request.headers) message.set(header.name, header.value);
  message.body() = request.body;
  message.prepare_payload();
  return message;
}

std::vector<Header> headers_of(const Connection::Head& head) {
  std::vector<Header> headers;
  for (const auto& field : head)
    headers.push_back({std::string(field.name_string()), std::string(field.value())});
  return headers;
}

asio::awaitable<Result<Response>> exchange(const Request& request, const Url& url) {
  const Patience patience(request.patience);
  std::shared_ptr<asio::ssl::context> context;
  if (url.https) {
    const auto made = make_tls_context({request.authorities, {}, {}, request.verify});
    if (!made) co_return made.error();
    context = *made;
  }
  const ServerAddress server{url.host, std::to_string(url.port), {}};
  const auto connection = co_await Connection::open(server, context, patience.left());
  if (!connection) co_return connection.error();
  const Connection::Message message = message_of(request, url);
  const auto head = co_await (*connection)->ask(message, patience.left());
  if (!head) co_return head.error();
  Response response{static_cast<int>((*head)->result_int()), headers_of(**head), {}};
  for (;;) {
    const auto piece = co_await (*connection)->read_some(patience.left());
    if (!piece) co_return piece.error();
    if (piece->empty()) co_return response;
    if (response.body.size() + piece->size() > request.longest_body)
      co_return Error{fmt::format("an answer of more than {} bytes", request.longest_body)};
    response.body += *piece;
  }
}

}  // namespace

std::string_view Response::header(std::string_view name) const {
  for (const Header& header : headers) {
    if (beast::iequals(header.name, {name.data(), name.size()})) return header.value;
  }
  return {};
}

class Client::Core {
 public:
  explicit Core(EventLoop& loop) : post_(loop, io_), thread_([this] { io_.run(); }) {}

  ~Core() {
    post_.stop();
    io_.stop();
    thread_.join();
  }

  void send(Request request, Done done) {
    asio::co_spawn(io_, run(std::move(request), std::move(done)),
                   [](const std::exception_ptr& error) {
                     if (error) std::rethrow_exception(error);  // no memory
                   });
  }

 private:
  asio::awaitable<void> run(Request request, Done done) {
    const std::optional<Url> url = parse_url(request.url);
    Result<Response> response = Error{};
    if (url)  // no conditional operator: GCC 12 destroys what co_await gives it twice
      response = co_await exchange(request, *url);
    else  // which is not shown: it may have a password
      response = Error{"this is no URL of http or https"};
    if (url && !response) response = with_context(response.error(), url->authority);
    post_.to_loop([done = std::move(done), response = std::move(response)]() mutable {
      done(std::move(response));
    });
  }

  asio::io_context io_{1};
  asio::executor_work_guard<asio::io_context::executor_type> stays_{io_.get_executor()};
  Post post_;
  std::thread thread_;
};

Client::Client(EventLoop& loop) : core_(std::make_unique<Core>(loop)) {}
Client::~Client() = default;

void Client::send(Request request, Done done) { core_->send(std::move(request), std::move(done)); }

}  // namespace limen::http

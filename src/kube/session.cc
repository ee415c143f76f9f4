#include "kube/session.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>

namespace limen::kube {
namespace {

constexpr size_t kMaxBodyBytes = 256u << 20;  // a page of 500 objects of Kubernetes' largest size

Answer no_answer(const Error& error) {
  Answer answer;
  answer.message = error.message;
  return answer;
}

Milliseconds retry_after(const http::Connection::Head& head) {
  const auto text = head[boost::beast::http::field::retry_after];
  return std::chrono::seconds(std::clamp(std::atoi(std::string(text).c_str()), 0, 3600));
}

}  // namespace

asio::awaitable<Status> Session::connect() {
  const Config& config = endpoint_.config;
  const auto context = endpoint_.contexts.current();
  if (!context) co_return context.error();
  const http::ServerAddress server{config.host, config.port, config.tls_name};
  auto opened = co_await http::Connection::open(server, *context, endpoint_.patience);
  if (!opened)
    co_return with_context(opened.error(), fmt::format("API server {}", config.authority()));
  connection_ = std::move(*opened);
  co_return Status();
}

Result<http::Connection::Message> Session::message_of(const Request& request) const {
  using boost::beast::http::field;
  const Config& config = endpoint_.config;
  const Result<std::string> token = config.token.read();
  if (!token) return token.error();
  http::Connection::Message message;
  message.method_string(request.method);
  message.target(config.path + request.path);
  message.set(field::host, config.authority());
  message.set(field::user_agent, "limen");
  message.set(field::accept, "application/json");
  if (!token->empty()) message.set(field::authorization, "Bearer " + *token);
  if (!request.content_type.empty()) message.set(field::content_type, request.content_type);
  message.body() = request.body;
  message.prepare_payload();
  return message;
}

asio::awaitable<Result<Session::Head>> Session::ask_now(const Request& request) {
  const auto message = message_of(request);
  if (!message) co_return message.error();
  const auto head = co_await connection_->ask(*message, request.patience);
  if (!head) co_return head.error();
  co_return Head{static_cast<int>((*head)->result_int()), retry_after(**head)};
}

asio::awaitable<Result<Session::Head>> Session::ask(const Request& request) {
  const bool kept = connection_ != nullptr && connection_->is_idle();
  if (kept) {
    Result<Head> head = co_await ask_now(request);
    if (head || request.method == "POST") co_return head;
  }
  connection_.reset();
  const Status connected = co_await connect();
  if (!connected) {
    endpoint_.health.failed(connected.error().message);
    co_return connected.error();
  }
  Result<Head> head = co_await ask_now(request);
  if (head)
    endpoint_.health.reached();
  else
    endpoint_.health.failed(head.error().message);
  co_return head;
}

asio::awaitable<Answer> Session::read_body(const Request& request, const Head& head) {
  std::string body;
  for (;;) {
    const Result<std::string_view> piece = co_await connection_->read_some(request.patience);
    if (!piece) co_return no_answer(piece.error());
    if (piece->empty()) break;
    if (body.size() + piece->size() > kMaxBodyBytes) {
      connection_.reset();
      co_return no_answer(Error{fmt::format("an answer of more than {} bytes", kMaxBodyBytes)});
    }
    body += *piece;
  }
  Answer answer = read_answer(head.status, body);
  answer.retry_after = head.retry_after;
  co_return answer;
}

asio::awaitable<Answer> Session::exchange(const Request& request) {
  const Result<Head> head = co_await ask(request);
  if (!head) co_return no_answer(head.error());
  co_return co_await read_body(request, *head);
}

asio::awaitable<Answer> Session::begin(const Request& request) {
  const Result<Head> head = co_await ask(request);
  if (!head) co_return no_answer(head.error());
  Answer answer;
  answer.status = head->status;
  if (answer.ok()) co_return answer;
  co_return co_await read_body(request, *head);
}

asio::awaitable<Result<std::string_view>> Session::read_some(Milliseconds patience) {
  co_return co_await connection_->read_some(patience);
}

}  // namespace limen::kube

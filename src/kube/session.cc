#include "kube/session.h"

#include <fmt/format.h>

namespace limen::kube {
namespace {

constexpr size_t kMaxBodyBytes = 256u << 20;  // a page of 500 objects of Kubernetes' largest size

Answer no_answer(const Error& error) {
  Answer answer;
  answer.message = error.message;
  return answer;
}

}  // namespace

asio::awaitable<Result<Head>> Session::ask(const Request& request) {
  const bool kept = connection_ != nullptr && connection_->is_idle();
  if (kept) {
    Result<Head> head = co_await connection_->ask(request);
    if (head || request.method == "POST") co_return head;
  }
  connection_.reset();
  auto opened = co_await Connection::open(endpoint_.config, endpoint_.contexts, endpoint_.patience);
  if (!opened) {
    endpoint_.health.failed(opened.error().message);
    co_return opened.error();
  }
  connection_ = std::move(*opened);
  Result<Head> head = co_await connection_->ask(request);
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

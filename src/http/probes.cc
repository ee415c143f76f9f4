#include "http/probes.h"

#include <fmt/format.h>

#include <boost/asio/io_context.hpp>
#include <thread>

#include "base/metrics_text.h"
#include "http/post.h"
#include "http/server.h"

namespace limen::http {
namespace {

constexpr std::chrono::seconds kBeat{1};

}  // namespace

struct Probes::Thread {
  Thread(EventLoop& loop, Server::Handler handler)
      : server(io, std::move(handler)), post(loop, io) {}
  ~Thread() {
    post.stop();
    io.stop();
    if (runs.joinable()) runs.join();
  }

  boost::asio::io_context io{1};
  Server server;
  Post post;
  std::thread runs;
};

Probes::Probes(EventLoop& loop, Metrics metrics, std::chrono::milliseconds longest)
    : loop_(loop),
      metrics_(std::move(metrics)),
      longest_(longest),
      beat_(EventLoop::Clock::now()) {}
Probes::~Probes() = default;

void Probes::beat() {
  beat_ = EventLoop::Clock::now();
  loop_.after(kBeat, [this] { beat(); });
}

Answer Probes::answer(const std::string& path) const {
  if (path != "/healthz" && path != "/readyz") return {404, "not found\n"};
  const auto silent = EventLoop::Clock::now() - beat_.load();
  if (silent > longest_)
    return {500, fmt::format("the event loop has said nothing for {} ms\n",
                             std::chrono::floor<std::chrono::milliseconds>(silent).count())};
  if (path == "/readyz" && !ready_) return {503, "not ready yet\n"};
  return {200, "ok\n"};
}

boost::asio::awaitable<Answer> Probes::ask_loop() {
  Answer answer{200, {}, kMetricsContentType};
  const auto ask = [&] { answer.body = metrics_(); };
  co_await thread_->post.on_loop(ask);
  co_return answer;
}

Status Probes::listen(const std::string& host, int port) {
  auto thread =
      std::make_unique<Thread>(loop_, [this](std::string path) -> boost::asio::awaitable<Answer> {
        if (path == "/metrics") co_return co_await ask_loop();
        co_return answer(path);
      });
  if (Status listening = thread->server.listen(host, port); !listening) return listening;
  thread_ = std::move(thread);
  thread_->runs = std::thread([io = &thread_->io] { io->run(); });
  beat();
  return {};
}

int Probes::port() const { return thread_->server.port(); }

}  // namespace limen::http

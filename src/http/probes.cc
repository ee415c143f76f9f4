#include "http/probes.h"

#include <fmt/format.h>

#include <boost/asio/io_context.hpp>
#include <thread>

#include "http/server.h"

namespace limen::http {
namespace {

constexpr std::chrono::seconds kBeat{1};

}  // namespace

struct Probes::Thread {
  explicit Thread(Server::Handler handler) : server(io, std::move(handler)) {}
  ~Thread() {
    io.stop();
    if (runs.joinable()) runs.join();
  }

  boost::asio::io_context io{1};
  Server server;
  std::thread runs;
};

Probes::Probes(EventLoop& loop, std::chrono::milliseconds longest)
    : loop_(loop), longest_(longest), beat_(EventLoop::Clock::now()) {}
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

Status Probes::listen(const std::string& host, int port) {
  auto thread = std::make_unique<Thread>(
      [this](std::string path) -> boost::asio::awaitable<Answer> { co_return answer(path); });
  if (Status listening = thread->server.listen(host, port); !listening) return listening;
  thread_ = std::move(thread);
  thread_->runs = std::thread([io = &thread_->io] { io->run(); });
  beat();
  return {};
}

int Probes::port() const { return thread_->server.port(); }

}  // namespace limen::http

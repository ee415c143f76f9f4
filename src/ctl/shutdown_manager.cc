// `limen shutdown-manager`: beside Envoy in its pod.  It answers when Envoy may be ended; the drain
// itself is begun by `limen shutdown-manager --drain`, which kubelet runs in the container: nobody
// who merely reaches the port can begin it.
#include <fmt/format.h>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <csignal>
#include <filesystem>

#include "base/files.h"
#include "base/log.h"
#include "ctl/commands.h"
#include "infra/envoy/drain.h"
#include "xds/bootstrap/bootstrap.h"

namespace limen::ctl {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
using asio::ip::tcp;

constexpr std::chrono::milliseconds kPoll{100};
constexpr std::chrono::seconds kPatience{10};  // with a client that says nothing
constexpr int kMostClients = 64;

// That it is there says that Envoy is drained.
std::string drained_file(const ShutdownManagerOptions& options) {
  return std::filesystem::path(options.admin_socket).parent_path() / "drained";
}

class Manager {
 public:
  Manager(const ShutdownManagerOptions& options, asio::io_context& io)
      : io_(io), drained_(drained_file(options)) {}

  asio::awaitable<void> accept(tcp::acceptor acceptor) {
    for (;;) {
      tcp::socket socket = co_await acceptor.async_accept(asio::use_awaitable);
      if (clients_ >= kMostClients) continue;  // closes it
      asio::co_spawn(io_, serve(beast::tcp_stream(std::move(socket))), asio::detached);
    }
  }

 private:
  asio::awaitable<void> serve(beast::tcp_stream stream) {
    ++clients_;
    try {
      beast::flat_buffer buffer;
      http::request<http::empty_body> request;
      stream.expires_after(kPatience);
      co_await http::async_read(stream, buffer, request, asio::use_awaitable);
      http::response<http::string_body> response;
      response.result(co_await answer(request.target()));
      response.prepare_payload();
      response.keep_alive(false);
      stream.expires_after(kPatience);
      co_await http::async_write(stream, response, asio::use_awaitable);
    } catch (const boost::system::system_error&) {  // the client has gone
    }
    --clients_;
  }

  asio::awaitable<http::status> answer(beast::string_view target) {
    if (target == "/healthz") co_return http::status::ok;
    if (target != "/shutdown/ready") co_return http::status::not_found;
    while (!std::filesystem::exists(drained_)) {
      asio::steady_timer timer(io_, kPoll);
      co_await timer.async_wait(asio::use_awaitable);
    }
    co_return http::status::ok;
  }

  asio::io_context& io_;
  const std::string drained_;
  int clients_ = 0;
};

// Without it the first process of a container would not hear the signal, and kubelet would wait out
// the pod's grace.  It comes once Envoy is drained: who waits for that is answered first.
asio::awaitable<void> stop_on_signal(asio::io_context& io) {
  asio::signal_set signals(io, SIGTERM, SIGINT);
  co_await signals.async_wait(asio::use_awaitable);
  asio::steady_timer timer(io, 2 * kPoll);
  co_await timer.async_wait(asio::use_awaitable);
  io.stop();
}

int drain(const ShutdownManagerOptions& options) {
  const Status drained = infra::drain({options.admin_socket, options.health_check_failure_delay,
                                       options.min_drain_duration, options.drain_timeout});
  if (!drained) log::warn("shutdown", "{}", drained.error().message);
  // In any case: an Envoy that can't be asked is not to be waited for.
  const Status written = write_file(drained_file(options), "", 0600);
  if (!written) log::error("shutdown", "{}", written.error().message);
  return drained && written ? kOk : kFailed;
}

int serve(const ShutdownManagerOptions& options) {
  const auto address = xds::parse_address(options.address);
  if (!address) {
    fmt::print(stderr, "limen: --address {}\n", address.error().message);
    return kUsage;
  }
  std::error_code none;
  std::filesystem::remove(drained_file(options), none);  // of a container before
  try {
    asio::io_context io;
    const tcp::endpoint endpoint(asio::ip::make_address(address->host),
                                 static_cast<uint16_t>(address->port));
    Manager manager(options, io);
    asio::co_spawn(io, manager.accept(tcp::acceptor(io, endpoint)), asio::detached);
    asio::co_spawn(io, stop_on_signal(io), asio::detached);
    io.run();
  } catch (const boost::system::system_error& error) {
    fmt::print(stderr, "limen: --address {}: {}\n", options.address, error.code().message());
    return kFailed;
  }
  return kOk;
}

}  // namespace

int shutdown_manager(const ShutdownManagerOptions& options) {
  return options.drain ? drain(options) : serve(options);
}

}  // namespace limen::ctl

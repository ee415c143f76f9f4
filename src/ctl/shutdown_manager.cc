// `limen shutdown-manager`: beside Envoy in its pod.  It answers when Envoy may be ended; the drain
// itself is begun by `limen shutdown-manager --drain`, which kubelet runs in the container: nobody
// who merely reaches the port can begin it.
#include <fmt/format.h>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <csignal>
#include <filesystem>

#include "base/files.h"
#include "base/log.h"
#include "ctl/commands.h"
#include "http/server.h"
#include "infra/envoy/drain.h"
#include "xds/bootstrap/bootstrap.h"

namespace limen::ctl {
namespace {

namespace asio = boost::asio;

constexpr std::chrono::milliseconds kPoll{100};

// That it is there says that Envoy is drained.
std::string drained_file(const ShutdownManagerOptions& options) {
  return std::filesystem::path(options.admin_socket).parent_path() / "drained";
}

asio::awaitable<http::Answer> answer(asio::io_context& io, std::string drained, std::string path) {
  if (path == "/healthz") co_return http::Answer{};
  if (path != "/shutdown/ready") co_return http::Answer{.status = 404};
  while (!std::filesystem::exists(drained)) {
    asio::steady_timer timer(io, kPoll);
    co_await timer.async_wait(asio::use_awaitable);
  }
  co_return http::Answer{};
}

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
  asio::io_context io;
  http::Server server(io, [&io, drained = drained_file(options)](std::string path) {
    return answer(io, drained, std::move(path));
  });
  if (Status listening = server.listen(address->host, address->port); !listening) {
    fmt::print(stderr, "limen: --address {}: {}\n", options.address, listening.error().message);
    return kFailed;
  }
  asio::co_spawn(io, stop_on_signal(io), asio::detached);
  io.run();
  return kOk;
}

}  // namespace

int shutdown_manager(const ShutdownManagerOptions& options) {
  return options.drain ? drain(options) : serve(options);
}

}  // namespace limen::ctl

#include "infra/envoy/drain.h"

#include <thread>

#include "base/log.h"
#include "infra/envoy/admin.h"

namespace limen::infra {
namespace {

constexpr std::chrono::milliseconds kPoll{200};

}  // namespace

Status drain(const DrainSettings& settings) {
  using Clock = std::chrono::steady_clock;
  const Admin admin(settings.admin_socket);
  std::this_thread::sleep_for(settings.health_check_failure_delay);
  if (Status told = admin.fail_health_checks(); !told) return told;
  const auto begin = Clock::now();
  log::info("shutdown", "draining: clients are asked to connect anew");
  for (uint64_t left = 0;; std::this_thread::sleep_for(kPoll)) {
    const auto took = std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - begin);
    const Result<Activity> activity = admin.activity();
    if (!activity) return activity.error();
    left = activity->connections;
    if (took >= settings.drain_timeout || (left == 0 && took >= settings.min_drain_duration)) {
      log::info("shutdown", "drained in {} ms, {} connections are left", took.count(), left);
      return {};
    }
  }
}

}  // namespace limen::infra

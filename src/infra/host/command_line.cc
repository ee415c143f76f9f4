#include "infra/host/command_line.h"

#include <fmt/format.h>

namespace limen::infra {
namespace {

const char* name_of(api::LogLevel level) {
  switch (level) {
    case api::LogLevel::kTrace: return "trace";
    case api::LogLevel::kDebug: return "debug";
    case api::LogLevel::kInfo: return "info";
    case api::LogLevel::kWarn: return "warning";
    case api::LogLevel::kError: return "error";
    case api::LogLevel::kOff: return "off";
    case api::LogLevel::kCritical: return "critical";
  }
  __builtin_unreachable();
}

}  // namespace

std::vector<std::string> command_line(const std::string& envoy, const Place& place,
                                      const api::EnvoyProxySpec& settings) {
  // With hot restart on, Envoy asks the kernel to be ended with its parent: it must outlive us.
  std::vector<std::string> argv = {envoy,
                                   "--config-path",
                                   place.bootstrap,
                                   "--disable-hot-restart",
                                   "--drain-strategy",
                                   "immediate",
                                   "--drain-time-s",
                                   "60"};
  const auto& level = settings.logging.level;
  const auto overall = level.find("default");
  argv.insert(argv.end(),
              {"--log-level", overall == level.end() ? "warning" : name_of(overall->second)});
  std::string components;
  for (const auto& [component, chosen] : level) {
    if (component != "default")
      components +=
          fmt::format("{}{}:{}", components.empty() ? "" : ",", component, name_of(chosen));
  }
  argv.insert(argv.end(),
              {"--component-log-level", components.empty() ? "misc:error" : components});
  if (settings.concurrency)
    argv.insert(argv.end(), {"--concurrency", std::to_string(*settings.concurrency)});
  argv.insert(argv.end(), settings.extra_args.begin(), settings.extra_args.end());
  return argv;
}

}  // namespace limen::infra

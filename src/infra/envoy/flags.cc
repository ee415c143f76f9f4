#include "infra/envoy/flags.h"

#include <fmt/format.h>
#include <openssl/sha.h>

#include <algorithm>

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

std::vector<std::string> envoy_flags(const api::EnvoyProxySpec& settings) {
  std::vector<std::string> flags = {"--drain-strategy", "immediate", "--drain-time-s", "60"};
  const auto& level = settings.logging.level;
  const auto overall = level.find("default");
  flags.insert(flags.end(),
               {"--log-level", overall == level.end() ? "warning" : name_of(overall->second)});
  std::string components;
  for (const auto& [component, chosen] : level) {
    if (component != "default")
      components +=
          fmt::format("{}{}:{}", components.empty() ? "" : ",", component, name_of(chosen));
  }
  flags.insert(flags.end(),
               {"--component-log-level", components.empty() ? "misc:error" : components});
  if (settings.concurrency)
    flags.insert(flags.end(), {"--concurrency", std::to_string(*settings.concurrency)});
  flags.insert(flags.end(), settings.extra_args.begin(), settings.extra_args.end());
  return flags;
}

std::chrono::milliseconds drain_timeout(const api::EnvoyProxySpec& settings) {
  constexpr std::chrono::seconds kDefault{60};  // Envoy Gateway's
  const auto& shutdown = settings.shutdown;
  return shutdown && shutdown->drain_timeout ? shutdown->drain_timeout->value : kDefault;
}

std::string safe_name(const std::string& proxy) {
  constexpr size_t kLongest = 48;
  std::string name = proxy.substr(0, kLongest);
  std::replace(name.begin(), name.end(), '/', '-');
  unsigned char digest[SHA256_DIGEST_LENGTH];
  ::SHA256(reinterpret_cast<const unsigned char*>(proxy.data()), proxy.size(), digest);
  return fmt::format("envoy-{}-{:02x}{:02x}{:02x}{:02x}", name, digest[0], digest[1], digest[2],
                     digest[3]);
}

}  // namespace limen::infra

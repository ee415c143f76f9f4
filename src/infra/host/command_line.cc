#include "infra/host/command_line.h"

#include "infra/envoy/flags.h"

namespace limen::infra {

std::vector<std::string> command_line(const std::string& envoy, const Place& place,
                                      const api::EnvoyProxySpec& settings) {
  // With hot restart on, Envoy asks the kernel to be ended with its parent: it must outlive us.
  std::vector<std::string> argv = {envoy, "--config-path", place.bootstrap,
                                   "--disable-hot-restart"};
  const std::vector<std::string> flags = envoy_flags(settings);
  argv.insert(argv.end(), flags.begin(), flags.end());
  return argv;
}

}  // namespace limen::infra

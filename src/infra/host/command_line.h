// How Envoy is called.
#pragma once

#include <string>
#include <vector>

#include "infra/host/instance.h"
#include "infra/plan.h"

namespace limen::infra {

std::vector<std::string> command_line(const std::string& envoy, const Place& place,
                                      const api::EnvoyProxySpec& settings);

}  // namespace limen::infra

// Makes clients leave an Envoy before it is ended.  Blocks; any thread.
#pragma once

#include <chrono>
#include <string>

#include "base/result.h"

namespace limen::infra {

// Source: EnvoyProxy.spec.shutdown.
struct DrainSettings {
  std::string admin_socket;
  std::chrono::milliseconds health_check_failure_delay{0};  // before clients are told
  std::chrono::milliseconds min_drain_duration{10'000};     // for clients that learn late of it
  std::chrono::milliseconds drain_timeout{60'000};          // of the whole, at most
};

// Readiness fails, so that no new clients come, and each response asks its client to connect anew;
// returns when no connections are left or the time is up.  An error: Envoy can't be asked, so that
// there is nothing to wait for.
Status drain(const DrainSettings& settings);

}  // namespace limen::infra

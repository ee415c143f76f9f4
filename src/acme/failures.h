// What is remembered of failures over a restart: else one that starts again and again would ask a
// CA each time, which counts failures.  Pure; any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "acme/keeper.h"

namespace limen::acme {

// Times in unix seconds.
struct Failures {
  int count = 0;  // in a row, at least one
  int64_t since = 0;
  int64_t next_try = 0;
  std::string message;

  bool operator==(const Failures&) const = default;
};

// JSON.  It is good for what is wanted now, with the means of now (KeeperSettings): what is
// otherwise is tried at once.
std::string remember(const Failures& failures, const Wanted& wanted, const std::string& means);
// nullopt: they are of something else, or `text` is nothing that remember() wrote.
std::optional<Failures> recall(const std::string& text, const Wanted& wanted,
                               const std::string& means);

}  // namespace limen::acme

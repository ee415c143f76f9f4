// What is written down of an Envoy, so that the next Limen takes it over.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"

namespace limen::infra {

// What an Envoy is for its proxy.
enum class Role {
  kCurrent,  // serves
  kNext,     // will, once its listeners are up
  kLeaving,  // finishes what it has begun
};

// The start time tells the process from another one that got the same id later.
struct ProcessRecord {
  int pid = 0;
  uint64_t start_time = 0;   // field 22 of /proc/<pid>/stat
  std::string started_with;  // hash of binary, arguments and bootstrap
  Role role = Role::kCurrent;
  std::vector<uint64_t> older_sockets;  // inodes that listened when it was started, see steering.h
};

// "<pid> <start time> <hash> <role> <inode>..."
std::optional<ProcessRecord> read_record(const std::string& path);
Status write_record(const std::string& path, const ProcessRecord& record);

// nullopt: there is no such process.
std::optional<uint64_t> start_time_of(int pid);

}  // namespace limen::infra

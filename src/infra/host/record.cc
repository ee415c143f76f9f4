#include "infra/host/record.h"

#include <fmt/format.h>

#include <sstream>

#include "base/files.h"

namespace limen::infra {
namespace {

constexpr size_t kMaxRecord = 64 * 1024;
constexpr std::string_view kRoles[] = {"current", "next", "leaving"};

}  // namespace

std::optional<uint64_t> start_time_of(int pid) {
  const Result<std::string> stat = read_file(fmt::format("/proc/{}/stat", pid), kMaxRecord);
  if (!stat) return std::nullopt;
  const size_t name_end = stat->rfind(')');  // the name may hold anything
  if (name_end == std::string::npos) return std::nullopt;
  std::istringstream fields(stat->substr(name_end + 1));
  std::string state, skipped;
  fields >> state;
  if (state == "Z") return std::nullopt;  // ended, and nobody has asked how
  for (int field = 4; field < 22; ++field) fields >> skipped;
  uint64_t start = 0;
  fields >> start;
  return fields ? std::optional(start) : std::nullopt;
}

std::optional<ProcessRecord> read_record(const std::string& path) {
  const Result<std::string> text = read_file(path, kMaxRecord);
  if (!text) return std::nullopt;
  ProcessRecord record;
  std::string role;
  std::istringstream in(*text);
  in >> record.pid >> record.start_time >> record.started_with;
  if (!in || record.pid <= 1) return std::nullopt;
  in >> role;
  for (size_t i = 0; i < std::size(kRoles); ++i) {
    if (role == kRoles[i]) record.role = static_cast<Role>(i);
  }
  for (uint64_t inode = 0; in >> inode;) record.older_sockets.push_back(inode);
  return record;
}

Status write_record(const std::string& path, const ProcessRecord& record) {
  return write_file(
      path,
      fmt::format("{} {} {} {} {}\n", record.pid, record.start_time, record.started_with,
                  kRoles[static_cast<size_t>(record.role)], fmt::join(record.older_sockets, " ")),
      0600);
}

}  // namespace limen::infra

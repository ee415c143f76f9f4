#include "infra/host/sockets.h"

#include <fmt/format.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <charconv>
#include <filesystem>
#include <fstream>
#include <sstream>

namespace limen::infra {
namespace {

// The lines of one table in /proc/net whose socket is in `wanted` state.
void read_table(const char* table, std::string_view wanted, SocketTable& found) {
  std::ifstream lines(table);
  std::string line, number, local, remote, state, skipped;
  std::getline(lines, line);  // the heading
  while (std::getline(lines, line)) {
    std::istringstream fields(line);
    fields >> number >> local >> remote >> state;
    if (state != wanted) {
      if (wanted == "0A") break;  // of TCP, those that listen come first
      continue;
    }
    for (int i = 0; i < 5; ++i) fields >> skipped;
    uint64_t inode = 0;
    if (fields >> inode) found[inode] = local;
  }
}

}  // namespace

SocketTable listening_tcp() {
  SocketTable found;
  for (const char* table : {"/proc/self/net/tcp", "/proc/self/net/tcp6"})
    read_table(table, "0A", found);
  return found;
}

SocketTable unconnected_udp() {
  SocketTable found;
  for (const char* table : {"/proc/self/net/udp", "/proc/self/net/udp6"})
    read_table(table, "07", found);
  return found;
}

std::vector<OwnSocket> sockets_of(int pid, const SocketTable& table) {
  constexpr std::string_view kSocket = "socket:[";
  std::vector<OwnSocket> found;
  std::error_code error;
  for (const auto& entry :
       std::filesystem::directory_iterator(fmt::format("/proc/{}/fd", pid), error)) {
    std::error_code gone;
    const std::string target = std::filesystem::read_symlink(entry.path(), gone).string();
    if (gone || !target.starts_with(kSocket)) continue;
    OwnSocket socket{std::atoi(entry.path().filename().c_str()), 0};
    std::from_chars(target.data() + kSocket.size(), target.data() + target.size(), socket.inode);
    if (table.contains(socket.inode)) found.push_back(socket);
  }
  return found;
}

UniqueFd copy_of(int pid, int fd) {
  const UniqueFd process(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
  return UniqueFd(static_cast<int>(::syscall(SYS_pidfd_getfd, process.get(), fd, 0)));
}

}  // namespace limen::infra

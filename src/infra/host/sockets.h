// The sockets of another process, and copies of them.  Blocks for a look through /proc; any thread.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "base/files.h"

namespace limen::infra {

using Address = std::string;                      // as /proc/net/tcp writes it
using SocketTable = std::map<uint64_t, Address>;  // inode -> local address

// All sockets of this network namespace that wait for clients: TCP ones that listen, UDP ones that
// are bound and not connected.
SocketTable listening_tcp();
SocketTable unconnected_udp();

struct OwnSocket {
  int fd = 0;  // the process's number for it
  uint64_t inode = 0;
};

// Those of a process that are in the table.
std::vector<OwnSocket> sockets_of(int pid, const SocketTable& table);

// Not valid where ptrace(2)'s rules forbid it.
UniqueFd copy_of(int pid, int fd);

}  // namespace limen::infra

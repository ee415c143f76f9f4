// Takes new connections away from an Envoy that leaves, while another one on the same ports stays.
//
// Both listen with SO_REUSEPORT: the kernel deals new connections to all their sockets, and resets
// what waits in a socket's accept queue when it is closed.  So before the leaving Envoy closes its
// sockets, a classic BPF program on the group sends new connections to the other's sockets only
// (SO_ATTACH_REUSEPORT_CBPF), and copies of the leaving sockets (pidfd_getfd(2)) keep the group as
// it is until their queues are empty.  Measured with a client that hammers with new connections:
// without it about 3 of them are reset a replacement, with it none.
//
// The program names a socket by its place in the group, which is the order of listen(2).  That
// order is known from `older`: what listened already when the newer Envoy was started.  Where it is
// not certain (a listener that came meanwhile, another program on the port), or the kernel does not
// let us at the sockets (ptrace(2) rules), nothing is steered.
//
// Source: socket(7), net/core/sock_reuseport.c.  Blocks for a look through /proc; one thread.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/files.h"

namespace limen::infra {

// Inodes of the process's TCP sockets that listen, sorted.
std::vector<uint64_t> listening_sockets(int pid);

class Steering {
 public:
  // Steers until end() or destruction.
  Steering(int leaving, int staying, const std::vector<uint64_t>& older);
  ~Steering() { end(); }
  Steering(const Steering&) = delete;
  Steering& operator=(const Steering&) = delete;

  // Connections that wait for the leaving Envoy to accept them.
  size_t waiting() const;
  // The leaving Envoy has closed its sockets: closes the copies.
  void end();

  // Why some or all ports are not steered; "": all are.
  const std::string& gap() const { return gap_; }

 private:
  struct Group {
    std::vector<UniqueFd> leaving;  // copies
    uint32_t first_staying = 0;     // place of the first staying socket
    int staying_fd = 0;             // the staying Envoy's number for one of its sockets
  };

  int staying_;
  std::vector<Group> groups_;
  std::string gap_;
};

}  // namespace limen::infra

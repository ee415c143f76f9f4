#include "infra/host/datagrams.h"

#include <netinet/in.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstring>
#include <set>

#include "infra/host/sockets.h"

namespace limen::infra {
namespace {

constexpr uint16_t kDiscard = 9;  // RFC 863

// Connects to port `kDiscard` of the socket's own address; of the loopback if it has all.
bool connect_to_nobody(const UniqueFd& socket) {
  sockaddr_storage address{};
  socklen_t size = sizeof(address);
  auto* generic = reinterpret_cast<sockaddr*>(&address);
  if (::getsockname(socket.get(), generic, &size) != 0) return false;
  if (address.ss_family == AF_INET) {
    auto* ipv4 = reinterpret_cast<sockaddr_in*>(&address);
    if (ipv4->sin_addr.s_addr == htonl(INADDR_ANY)) ipv4->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    ipv4->sin_port = htons(kDiscard);
  } else {
    auto* ipv6 = reinterpret_cast<sockaddr_in6*>(&address);
    if (IN6_IS_ADDR_UNSPECIFIED(&ipv6->sin6_addr)) ipv6->sin6_addr = in6addr_loopback;
    ipv6->sin6_port = htons(kDiscard);
  }
  return ::connect(socket.get(), generic, size) == 0;
}

}  // namespace

Status take_datagrams(int leaving, int staying) {
  const SocketTable table = unconnected_udp();
  std::set<Address> served;
  for (const OwnSocket& socket : sockets_of(staying, table)) served.insert(table.at(socket.inode));
  Status status;
  for (const OwnSocket& socket : sockets_of(leaving, table)) {
    if (!served.contains(table.at(socket.inode))) continue;
    const UniqueFd copy = copy_of(leaving, socket.fd);
    if (!copy.valid() || !connect_to_nobody(copy)) status = Error{std::strerror(errno)};
  }
  return status;
}

}  // namespace limen::infra

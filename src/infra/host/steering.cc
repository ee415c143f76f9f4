#include "infra/host/steering.h"

#include <fmt/format.h>
#include <linux/filter.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <algorithm>
#include <map>

#include "infra/host/sockets.h"

#ifndef SO_DETACH_REUSEPORT_BPF
#define SO_DETACH_REUSEPORT_BPF 68
#endif

namespace limen::infra {
namespace {

bool attach(const UniqueFd& socket, std::vector<sock_filter> program) {
  const sock_fprog all{static_cast<unsigned short>(program.size()), program.data()};
  return ::setsockopt(socket.get(), SOL_SOCKET, SO_ATTACH_REUSEPORT_CBPF, &all, sizeof(all)) == 0;
}

// Any of the `count` places from `first` on.
bool deal_among(const UniqueFd& socket, uint32_t first, uint32_t count) {
  const auto random = static_cast<uint32_t>(SKF_AD_OFF + SKF_AD_RANDOM);
  return attach(socket, {BPF_STMT(BPF_LD | BPF_W | BPF_ABS, random),
                         BPF_STMT(BPF_ALU | BPF_MOD | BPF_K, count),
                         BPF_STMT(BPF_ALU | BPF_ADD | BPF_K, first), BPF_STMT(BPF_RET | BPF_A, 0)});
}

// When the socket in place p is closed, the last one moves to p.  The first staying place keeps its
// socket through all closings if at least as many stay as leave.
bool deal_to(const UniqueFd& socket, uint32_t place) {
  return attach(socket, {BPF_STMT(BPF_RET | BPF_K, place)});
}

struct Sides {
  std::vector<OwnSocket> leaving, staying;
  size_t all = 0;  // anyone's
};

size_t count_in(const std::vector<OwnSocket>& sockets, const std::vector<uint64_t>& sorted) {
  return static_cast<size_t>(std::count_if(sockets.begin(), sockets.end(), [&](const auto& it) {
    return std::binary_search(sorted.begin(), sorted.end(), it.inode);
  }));
}

// The place of the first staying socket; nullopt: the order is not certain.
std::optional<uint32_t> first_staying(const Sides& sides, const std::vector<uint64_t>& older) {
  if (sides.all != sides.leaving.size() + sides.staying.size()) return std::nullopt;
  const size_t leaving = count_in(sides.leaving, older), staying = count_in(sides.staying, older);
  if (leaving == sides.leaving.size() && staying == 0) return static_cast<uint32_t>(leaving);
  if (staying == sides.staying.size() && leaving == 0) return 0;
  return std::nullopt;
}

}  // namespace

std::vector<uint64_t> listening_sockets(int pid) {
  std::vector<uint64_t> inodes;
  for (const OwnSocket& socket : sockets_of(pid, listening_tcp())) inodes.push_back(socket.inode);
  std::sort(inodes.begin(), inodes.end());
  return inodes;
}

Steering::Steering(int leaving, int staying, const std::vector<uint64_t>& older)
    : staying_(staying) {
  const auto listening = listening_tcp();
  std::map<Address, Sides> by_address;
  for (const auto& [inode, address] : listening) ++by_address[address].all;
  for (const OwnSocket& it : sockets_of(leaving, listening))
    by_address[listening.at(it.inode)].leaving.push_back(it);
  for (const OwnSocket& it : sockets_of(staying, listening))
    by_address[listening.at(it.inode)].staying.push_back(it);
  for (const auto& [address, sides] : by_address) {
    if (sides.leaving.empty() || sides.staying.empty()) continue;
    const auto first = first_staying(sides, older);
    if (!first) {
      gap_ = fmt::format("the order of the sockets on {} is not certain", address);
      continue;
    }
    Group group{{}, *first, sides.staying[0].fd};
    for (const OwnSocket& it : sides.leaving) group.leaving.push_back(copy_of(leaving, it.fd));
    const auto is_valid = [](const UniqueFd& fd) { return fd.valid(); };
    if (!std::all_of(group.leaving.begin(), group.leaving.end(), is_valid) ||
        !deal_among(group.leaving[0], *first, static_cast<uint32_t>(sides.staying.size()))) {
      gap_ = "the kernel does not let Limen at Envoy's sockets";
      continue;
    }
    groups_.push_back(std::move(group));
  }
}

size_t Steering::waiting() const {
  size_t total = 0;
  for (const Group& group : groups_) {
    for (const UniqueFd& socket : group.leaving) {
      tcp_info info{};
      socklen_t size = sizeof(info);
      if (::getsockopt(socket.get(), IPPROTO_TCP, TCP_INFO, &info, &size) == 0)
        total += info.tcpi_unacked;  // of a socket that listens: its accept queue
    }
  }
  return total;
}

void Steering::end() {
  for (Group& group : groups_) {
    // Not held all the time: a copy would keep the socket of an Envoy that died in the group.
    const UniqueFd staying = copy_of(staying_, group.staying_fd);
    deal_to(group.leaving[0], group.first_staying);
    group.leaving.clear();
    const int unused = 0;
    ::setsockopt(staying.get(), SOL_SOCKET, SO_DETACH_REUSEPORT_BPF, &unused, sizeof(unused));
  }
  groups_.clear();
}

}  // namespace limen::infra

#include "ctl/status_socket.h"

#include <fmt/format.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <thread>

namespace limen::ctl {
namespace {

sockaddr_un address_of(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  path.copy(address.sun_path, sizeof(address.sun_path) - 1);
  return address;
}

Error failed(const std::string& what, const std::string& path) {
  return Error{fmt::format("cannot {} {}: {}", what, path, std::strerror(errno))};
}

void send_all(const UniqueFd& client, const std::string& text) {
  for (size_t sent = 0; sent < text.size();) {
    const ssize_t count =
        ::send(client.get(), text.data() + sent, text.size() - sent, MSG_NOSIGNAL);
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return;  // the client has gone
    sent += static_cast<size_t>(count);
  }
}

}  // namespace

std::string status_socket_of(const std::string& state_dir) { return state_dir + "/status.sock"; }

StatusSocket::~StatusSocket() {
  if (socket_.valid()) loop_.unwatch(socket_.get());
}

Status StatusSocket::listen(const std::string& path) {
  const sockaddr_un address = address_of(path);
  socket_ = UniqueFd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  ::unlink(path.c_str());
  const mode_t mask = ::umask(0177);
  const int bound =
      ::bind(socket_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address));
  ::umask(mask);
  if (bound != 0 || ::listen(socket_.get(), SOMAXCONN) != 0) return failed("listen on", path);
  loop_.watch(socket_.get(), [this] { accept(); });
  return {};
}

void StatusSocket::accept() {
  UniqueFd client(::accept4(socket_.get(), nullptr, nullptr, SOCK_CLOEXEC));
  if (!client.valid()) return;
  constexpr timeval kPatience{10, 0};
  ::setsockopt(client.get(), SOL_SOCKET, SO_SNDTIMEO, &kPatience, sizeof(kPatience));
  std::thread([client = std::move(client), text = answer_()] { send_all(client, text); }).detach();
}

Result<std::string> read_status_socket(const std::string& path) {
  const sockaddr_un address = address_of(path);
  const UniqueFd socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (::connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)) != 0)
    return failed("connect to", path);
  std::string text;
  char buffer[65536];
  for (;;) {
    const ssize_t count = ::read(socket.get(), buffer, sizeof(buffer));
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return failed("read from", path);
    if (count == 0) return text;
    text.append(buffer, static_cast<size_t>(count));
  }
}

}  // namespace limen::ctl

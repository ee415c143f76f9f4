#include "ctl/status_socket.h"

#include <fmt/format.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <thread>

namespace limen::ctl {
namespace {

constexpr std::chrono::seconds kPatience{10};

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
  while (!clients_.empty()) drop(clients_.begin()->first);
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
  const int fd = client.get();
  loop_.watch(fd, [this, fd] { take_request(fd); });
  clients_[fd] = {std::move(client), loop_.after(kPatience, [this, fd] { drop(fd); })};
}

void StatusSocket::drop(int fd) {
  loop_.unwatch(fd);
  loop_.cancel(clients_[fd].timer);
  clients_.erase(fd);
}

// A request is so short that it comes in one piece.
void StatusSocket::take_request(int fd) {
  char buffer[64];
  const ssize_t size = ::recv(fd, buffer, sizeof(buffer), MSG_DONTWAIT);
  const std::string request(buffer, static_cast<size_t>(std::max<ssize_t>(size, 0)));
  UniqueFd client = std::move(clients_[fd].socket);
  drop(fd);
  if (!request.ends_with('\n')) return;
  const timeval patience{kPatience.count(), 0};
  ::setsockopt(client.get(), SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
  std::thread([client = std::move(client), text = answer_(request.substr(0, request.size() - 1))] {
    send_all(client, text);
  }).detach();
}

Result<std::string> ask_status_socket(const std::string& path, const std::string& request) {
  const sockaddr_un address = address_of(path);
  const UniqueFd socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (::connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)) != 0) {
    if (errno == ENOENT || errno == ECONNREFUSED)
      return Error{fmt::format(
          "no `limen run` answers on {}: start one, or name its folder with --state-dir", path)};
    if (errno == EACCES)
      return Error{fmt::format("{} is another user's: run this as the user of `limen run`", path)};
    return failed("connect to", path);
  }
  send_all(socket, request + "\n");
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

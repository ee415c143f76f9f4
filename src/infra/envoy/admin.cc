#include "infra/envoy/admin.h"

#include <fmt/format.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cstring>
#include <optional>
#include <sstream>

#include "base/files.h"

namespace limen::infra {
namespace {

// Connected to the socket; reads and writes give up after a second.
Result<UniqueFd> connect_to(const std::string& path) {
  UniqueFd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (!fd.valid() || path.size() >= sizeof(address.sun_path)) return Error{"cannot make a socket"};
  path.copy(address.sun_path, path.size());
  const timeval second{1, 0};
  ::setsockopt(fd.get(), SOL_SOCKET, SO_RCVTIMEO, &second, sizeof(second));
  ::setsockopt(fd.get(), SOL_SOCKET, SO_SNDTIMEO, &second, sizeof(second));
  if (::connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)) != 0)
    return Error{std::strerror(errno)};
  return fd;
}

Result<std::string> exchange(int fd, const std::string& request) {
  for (size_t sent = 0; sent < request.size();) {
    const ssize_t size = ::send(fd, request.data() + sent, request.size() - sent, MSG_NOSIGNAL);
    if (size <= 0) return Error{std::strerror(errno)};
    sent += static_cast<size_t>(size);
  }
  std::string answer;
  char buffer[16 * 1024];
  for (;;) {
    const ssize_t size = ::recv(fd, buffer, sizeof(buffer), 0);
    if (size < 0 && errno == EINTR) continue;
    if (size < 0) return Error{std::strerror(errno)};
    if (size == 0) return answer;
    answer.append(buffer, static_cast<size_t>(size));
  }
}

// Source: RFC 9112, section 7.1.
std::optional<std::string> without_chunks(std::string_view rest) {
  std::string body;
  for (;;) {
    size_t size = 0;
    const auto [end, error] = std::from_chars(rest.data(), rest.data() + rest.size(), size, 16);
    const size_t line = rest.find("\r\n");
    if (error != std::errc() || line == std::string_view::npos) return std::nullopt;
    if (size == 0) return body;
    rest.remove_prefix(line + 2);
    if (rest.size() < size + 2) return std::nullopt;
    body += rest.substr(0, size);
    rest.remove_prefix(size + 2);
  }
}

// The body of a whole answer with status 200.
Result<std::string> body_of(const std::string& answer) {
  const size_t head_end = answer.find("\r\n\r\n");
  if (head_end == std::string::npos) return Error{"the answer is cut off"};
  const std::string head = answer.substr(0, head_end);
  if (!head.starts_with("HTTP/1.1 200")) return Error{head.substr(0, head.find("\r\n"))};
  const std::string body = answer.substr(head_end + 4);
  if (head.find("transfer-encoding: chunked") == std::string::npos) return body;
  auto whole = without_chunks(body);
  if (!whole) return Error{"the answer is cut off"};
  return *std::move(whole);
}

}  // namespace

// Not by libcurl: loading it and what it needs costs five megabytes (docs/performance.md).
Result<std::string> Admin::ask(const char* method, const std::string& path) const {
  const auto fail = [&](const Error& error) {
    return Error{fmt::format("{} {} on {}: {}", method, path, socket_, error.message)};
  };
  const Result<UniqueFd> socket = connect_to(socket_);
  if (!socket) return fail(socket.error());
  const auto answer =
      exchange(socket->get(), fmt::format("{} {} HTTP/1.1\r\nhost: envoy\r\nconnection: close\r\n"
                                          "content-length: 0\r\n\r\n",
                                          method, path));
  if (!answer) return fail(answer.error());
  auto body = body_of(*answer);
  if (!body) return fail(body.error());
  return body;
}

bool Admin::is_live() const {
  const auto answer = ask("GET", "/ready");  // an error status while it is not
  return answer && answer->starts_with("LIVE");
}

Result<std::set<std::string>> Admin::listeners() const {
  const auto answer = ask("GET", "/listeners");
  if (!answer) return answer.error();
  std::set<std::string> names;
  std::istringstream lines(*answer);  // "default/web/http::0.0.0.0:8080"
  for (std::string line; std::getline(lines, line);) names.insert(line.substr(0, line.find("::")));
  return names;
}

// Envoy counts no connections of its TCP proxy: they are those of listeners that no HTTP connection
// manager has.
Result<Activity> Admin::activity() const {
  const auto answer =
      ask("GET", R"(/stats?type=Gauges&filter=^(http|listener)\..*\.downstream_(cx|rq)_active$)");
  if (!answer) return answer.error();
  uint64_t http = 0;
  Activity result;
  std::istringstream lines(*answer);  // "http.http-8080.downstream_rq_active: 2"
  for (std::string line; std::getline(lines, line);) {
    const size_t colon = line.rfind(": ");
    const bool counted_already = line.find(".worker_") != std::string::npos;
    if (colon == std::string::npos || counted_already || line.starts_with("http.admin.") ||
        line.starts_with("listener.admin."))
      continue;
    const uint64_t value = std::stoull(line.substr(colon + 2));
    if (line.starts_with("listener."))
      result.connections += value;
    else
      (line.find("_rq_") != std::string::npos ? result.requests : http) += value;
  }
  if (result.connections > http) result.requests += result.connections - http;
  return result;
}

Status Admin::post(const std::string& path) const {
  const auto answer = ask("POST", path);
  return answer ? Status() : Status(answer.error());
}

Status Admin::fail_health_checks() const { return post("/healthcheck/fail"); }
Status Admin::drain_listeners() const { return post("/drain_listeners?graceful"); }
Status Admin::close_listeners() const { return post("/drain_listeners"); }

}  // namespace limen::infra

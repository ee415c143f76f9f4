#include "infra/host/admin.h"

#include <curl/curl.h>
#include <fmt/format.h>

#include <memory>
#include <sstream>

namespace limen::infra {
namespace {

size_t append(char* data, size_t size, size_t count, void* text) {
  static_cast<std::string*>(text)->append(data, size * count);
  return size * count;
}

Result<std::string> ask(const std::string& admin_socket, const char* method,
                        const std::string& path) {
  const std::unique_ptr<CURL, decltype(&curl_easy_cleanup)> curl(curl_easy_init(),
                                                                 curl_easy_cleanup);
  if (curl == nullptr) return Error{"libcurl cannot start"};
  std::string answer;
  const std::string url = "http://envoy" + path;
  curl_easy_setopt(curl.get(), CURLOPT_UNIX_SOCKET_PATH, admin_socket.c_str());
  curl_easy_setopt(curl.get(), CURLOPT_URL, url.c_str());
  curl_easy_setopt(curl.get(), CURLOPT_CUSTOMREQUEST, method);
  curl_easy_setopt(curl.get(), CURLOPT_TIMEOUT_MS, 1000L);
  curl_easy_setopt(curl.get(), CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(curl.get(), CURLOPT_FAILONERROR, 1L);
  curl_easy_setopt(curl.get(), CURLOPT_WRITEFUNCTION, append);
  curl_easy_setopt(curl.get(), CURLOPT_WRITEDATA, &answer);
  const CURLcode code = curl_easy_perform(curl.get());
  if (code != CURLE_OK)
    return Error{
        fmt::format("{} {} on {}: {}", method, path, admin_socket, curl_easy_strerror(code))};
  return answer;
}

}  // namespace

Status drain(const std::string& admin_socket) {
  for (const char* path : {"/healthcheck/fail", "/drain_listeners?graceful"}) {
    if (auto answer = ask(admin_socket, "POST", path); !answer) return answer.error();
  }
  return {};
}

Result<uint64_t> active_requests(const std::string& admin_socket) {
  const auto answer =
      ask(admin_socket, "GET", "/stats?type=Gauges&filter=^http\\..*\\.downstream_rq_active$");
  if (!answer) return answer.error();
  uint64_t total = 0;
  std::istringstream lines(*answer);  // "http.http-8080.downstream_rq_active: 2"
  for (std::string line; std::getline(lines, line);) {
    const size_t colon = line.rfind(": ");
    if (colon == std::string::npos || line.starts_with("http.admin.")) continue;
    total += std::stoull(line.substr(colon + 2));
  }
  return total;
}

}  // namespace limen::infra

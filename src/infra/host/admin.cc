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

}  // namespace

Result<std::string> Admin::ask(const char* method, const std::string& path) const {
  const std::unique_ptr<CURL, decltype(&curl_easy_cleanup)> curl(curl_easy_init(),
                                                                 curl_easy_cleanup);
  if (curl == nullptr) return Error{"libcurl cannot start"};
  std::string answer;
  const std::string url = "http://envoy" + path;
  curl_easy_setopt(curl.get(), CURLOPT_UNIX_SOCKET_PATH, socket_.c_str());
  curl_easy_setopt(curl.get(), CURLOPT_URL, url.c_str());
  curl_easy_setopt(curl.get(), CURLOPT_CUSTOMREQUEST, method);
  curl_easy_setopt(curl.get(), CURLOPT_TIMEOUT_MS, 1000L);
  curl_easy_setopt(curl.get(), CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(curl.get(), CURLOPT_FAILONERROR, 1L);
  curl_easy_setopt(curl.get(), CURLOPT_WRITEFUNCTION, append);
  curl_easy_setopt(curl.get(), CURLOPT_WRITEDATA, &answer);
  const CURLcode code = curl_easy_perform(curl.get());
  if (code != CURLE_OK)
    return Error{fmt::format("{} {} on {}: {}", method, path, socket_, curl_easy_strerror(code))};
  return answer;
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

Result<uint64_t> Admin::active_requests() const { return sum_of("downstream_rq_active"); }
Result<uint64_t> Admin::active_connections() const { return sum_of("downstream_cx_active"); }

Result<uint64_t> Admin::sum_of(const std::string& gauge) const {
  const auto answer = ask("GET", "/stats?type=Gauges&filter=^http\\..*\\." + gauge + "$");
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

Status Admin::post(const std::string& path) const {
  const auto answer = ask("POST", path);
  return answer ? Status() : Status(answer.error());
}

Status Admin::fail_health_checks() const { return post("/healthcheck/fail"); }
Status Admin::drain_listeners() const { return post("/drain_listeners?graceful"); }
Status Admin::close_listeners() const { return post("/drain_listeners"); }

}  // namespace limen::infra

#include "explain/request.h"

#include <absl/strings/ascii.h>
#include <absl/strings/str_cat.h>
#include <absl/strings/str_join.h>
#include <absl/strings/str_split.h>
#include <curl/curl.h>

#include <cstdlib>
#include <memory>

namespace limen::explain {
namespace {

using Url = std::unique_ptr<CURLU, decltype(&curl_url_cleanup)>;

std::string part(CURLU* url, CURLUPart what, unsigned flags = 0) {
  char* text = nullptr;
  if (curl_url_get(url, what, &text, flags) != CURLUE_OK) return {};
  const std::string result = text;
  curl_free(text);
  return result;
}

// As Envoy does; so "//" stays what it is.  Source: PathUtil::mergeSlashes.
std::string with_merged_slashes(const std::string& path) {
  if (path.find("//") == std::string::npos) return path;
  return absl::StrCat("/", absl::StrJoin(absl::StrSplit(path, '/', absl::SkipEmpty()), "/"),
                      path.ends_with('/') ? "/" : "");
}

std::string without_port(const std::string& host) {
  const size_t colon = host.rfind(':');
  const bool port = colon != std::string::npos &&
                    host.find_first_not_of("0123456789", colon + 1) == std::string::npos;
  return absl::AsciiStrToLower(port ? host.substr(0, colon) : host);
}

}  // namespace

std::optional<std::string> Request::header(const std::string& name) const {
  if (name == ":method") return method;
  if (name == ":path") return query.empty() ? path : path + "?" + query;
  if (name == ":authority" || name == "host") return host;
  std::vector<std::string> values;
  for (const auto& [key, value] : headers) {
    if (key == name) values.push_back(value);
  }
  return values.empty() ? std::nullopt : std::optional(absl::StrJoin(values, ","));
}

std::optional<std::string> Request::query_parameter(const std::string& name) const {
  for (const absl::string_view pair : absl::StrSplit(query, '&')) {
    const std::pair<std::string, std::string> split = absl::StrSplit(pair, absl::MaxSplits('=', 1));
    if (split.first == name && !pair.empty()) return split.second;
  }
  return std::nullopt;
}

Result<Request> make_request(const std::string& url, const std::string& method,
                             const std::vector<std::string>& headers) {
  const Url parsed(curl_url(), curl_url_cleanup);
  const CURLUcode code =
      curl_url_set(parsed.get(), CURLUPART_URL, url.c_str(), CURLU_DEFAULT_SCHEME);
  if (code != CURLUE_OK)
    return Error{"'" + url + "' is no URL like http://host:port/path: " + curl_url_strerror(code)};
  Request request;
  const std::string scheme = part(parsed.get(), CURLUPART_SCHEME);
  if (scheme != "http" && scheme != "https")
    return Error{"'" + url + "': the scheme must be http or https"};
  request.https = scheme == "https";
  request.host = absl::AsciiStrToLower(part(parsed.get(), CURLUPART_HOST));
  request.port = std::atoi(part(parsed.get(), CURLUPART_PORT, CURLU_DEFAULT_PORT).c_str());
  request.path = with_merged_slashes(part(parsed.get(), CURLUPART_PATH));
  request.query = part(parsed.get(), CURLUPART_QUERY);
  request.method = method;
  for (const std::string& line : headers) {
    const size_t colon = line.find(':');
    if (colon == std::string::npos || colon == 0)
      return Error{"header '" + line + "' has not the form 'Name: value'"};
    const std::string name = absl::AsciiStrToLower(line.substr(0, colon));
    const std::string value(absl::StripAsciiWhitespace(line.substr(colon + 1)));
    if (name == "host")
      request.host = without_port(value);
    else
      request.headers.emplace_back(name, value);
  }
  return request;
}

}  // namespace limen::explain

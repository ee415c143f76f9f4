#include "explain/request.h"

#include <absl/strings/ascii.h>
#include <absl/strings/str_cat.h>
#include <absl/strings/str_join.h>
#include <absl/strings/str_split.h>
#include <re2/re2.h>

#include <cstdlib>

namespace limen::explain {
namespace {

struct Url {
  std::string scheme, host, port, path, query;
};

// [scheme://][user@]host[:port][/path][?query][#fragment].  Source: RFC 3986, appendix B.
std::optional<Url> parse_url(const std::string& text) {
  static const re2::RE2 form(
      R"((?:([A-Za-z][A-Za-z0-9+.-]*)://)?(?:[^/?#@]*@)?(\[[0-9A-Fa-f:.]+\]|[^/?#@:\[\]\s]+))"
      R"((?::([0-9]{1,5}))?([^?#\s]*)(?:\?([^#\s]*))?(?:#.*)?)");
  Url url;
  if (!re2::RE2::FullMatch(text, form, &url.scheme, &url.host, &url.port, &url.path, &url.query))
    return std::nullopt;
  if (!url.path.empty() && url.path[0] != '/') return std::nullopt;
  return url;
}

// Source: RFC 3986, section 5.2.4.
std::string without_dot_segments(const std::string& path) {
  std::vector<std::string> segments = absl::StrSplit(path.substr(1), '/');
  const bool is_folder = segments.back() == "." || segments.back() == "..";
  std::vector<std::string> kept;
  for (std::string& segment : segments) {
    if (segment == "..") {
      if (!kept.empty()) kept.pop_back();
    } else if (segment != ".") {
      kept.push_back(std::move(segment));
    }
  }
  if (is_folder) kept.emplace_back();
  return "/" + absl::StrJoin(kept, "/");
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
  const std::optional<Url> parsed = parse_url(url);
  if (!parsed) return Error{"'" + url + "' is no URL like http://host:port/path"};
  Request request;
  const std::string scheme =
      parsed->scheme.empty() ? "http" : absl::AsciiStrToLower(parsed->scheme);
  if (scheme != "http" && scheme != "https")
    return Error{"'" + url + "': the scheme must be http or https"};
  request.https = scheme == "https";
  request.host = absl::AsciiStrToLower(parsed->host);
  constexpr int kHttpPort = 80, kHttpsPort = 443;
  request.port = request.https ? kHttpsPort : kHttpPort;
  if (!parsed->port.empty()) request.port = std::atoi(parsed->port.c_str());
  request.path =
      with_merged_slashes(without_dot_segments(parsed->path.empty() ? "/" : parsed->path));
  request.query = parsed->query;
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

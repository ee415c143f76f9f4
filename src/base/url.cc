#include "base/url.h"

#include <absl/strings/ascii.h>
#include <arpa/inet.h>

#include <algorithm>
#include <charconv>

namespace limen {
namespace {

constexpr int32_t kHttp = 80, kHttps = 443, kLastPort = 65535;
constexpr size_t kLongestName = 253, kLongestLabel = 63;

bool is_address(int family, const std::string& text) {
  unsigned char address[sizeof(in6_addr)];
  return inet_pton(family, text.c_str(), address) == 1;
}

std::string lower(std::string_view text) {
  std::string result(text);
  absl::AsciiStrToLower(&result);
  return result;
}

bool is_label(std::string_view label) {
  const auto ok = [](char c) { return absl::ascii_isalnum(c) || c == '-' || c == '_'; };
  return !label.empty() && label.size() <= kLongestLabel && label.front() != '-' &&
         label.back() != '-' && std::all_of(label.begin(), label.end(), ok);
}

bool is_name(std::string_view name) {
  if (name.empty() || name.size() > kLongestName) return false;
  for (size_t dot = name.find('.'); dot != std::string_view::npos; dot = name.find('.')) {
    if (!is_label(name.substr(0, dot))) return false;
    name.remove_prefix(dot + 1);
  }
  return is_label(name);
}

// Takes the host off the front of an authority.
bool take_host(std::string_view& authority, std::string& host) {
  if (!authority.starts_with('[')) {
    const size_t end = std::min(authority.find(':'), authority.size());
    host = lower(authority.substr(0, end));
    authority.remove_prefix(end);
    const bool numeric = host.find_first_not_of("0123456789.") == std::string::npos;
    return numeric ? is_address(AF_INET, host) : is_name(host);
  }
  const size_t end = authority.find(']');
  if (end == std::string_view::npos) return false;
  host = lower(authority.substr(1, end - 1));
  authority.remove_prefix(end + 1);
  return is_address(AF_INET6, host);
}

// What follows the host.
bool read_port(std::string_view text, int32_t& port) {
  if (text.empty()) return true;  // the scheme's own
  if (text.front() != ':') return false;
  text.remove_prefix(1);
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  const bool whole = error == std::errc() && end == text.data() + text.size();
  return whole && port >= 1 && port <= kLastPort;
}

}  // namespace

bool Url::has_address() const { return is_address(AF_INET, host) || is_address(AF_INET6, host); }

std::optional<Url> parse_url(std::string_view text) {
  Url url;
  const std::string scheme = lower(text.substr(0, text.find("//")));
  url.https = scheme == "https:";
  if (!url.https && scheme != "http:") return std::nullopt;
  text.remove_prefix(scheme.size() + 2);
  const auto is_text = [](char c) { return absl::ascii_isgraph(c) && c != '#'; };
  if (!std::all_of(text.begin(), text.end(), is_text)) return std::nullopt;
  const size_t path = std::min(text.find_first_of("/?"), text.size());
  std::string_view authority = text.substr(0, path);
  url.target = text.substr(path);
  if (!url.target.starts_with('/')) url.target.insert(0, "/");
  const int32_t usual = url.https ? kHttps : kHttp;
  url.port = usual;
  if (!take_host(authority, url.host) || !read_port(authority, url.port)) return std::nullopt;
  url.authority = url.host.find(':') == std::string::npos ? url.host : "[" + url.host + "]";
  if (url.port != usual) url.authority += ":" + std::to_string(url.port);
  return url;
}

}  // namespace limen

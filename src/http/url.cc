#include "http/url.h"

#include <absl/strings/ascii.h>
#include <fmt/format.h>

#include <boost/asio/ip/address.hpp>
#include <boost/url/parse.hpp>

namespace limen::http {
namespace {

constexpr uint16_t kHttp = 80, kHttps = 443;

}  // namespace

bool Url::has_address() const {
  boost::system::error_code error;
  boost::asio::ip::make_address(host, error);
  return !error;
}

std::string Url::authority() const {
  const std::string name = host.find(':') == std::string::npos ? host : "[" + host + "]";
  return port == (tls ? kHttps : kHttp) ? name : fmt::format("{}:{}", name, port);
}

Result<Url> parse_url(std::string_view text) {
  const auto parsed = boost::urls::parse_uri(boost::core::string_view(text.data(), text.size()));
  if (!parsed) return Error{fmt::format("'{}' is no absolute URL", text)};
  Url url;
  url.tls = parsed->scheme_id() == boost::urls::scheme::https;
  if (!url.tls && parsed->scheme_id() != boost::urls::scheme::http)
    return Error{fmt::format("'{}' begins neither with https:// nor with http://", text)};
  if (parsed->has_userinfo())
    return Error{"a URL with a user name is not supported"};  // not shown: it may have a password
  if (parsed->has_fragment()) return Error{fmt::format("'{}' has a fragment", text)};
  url.host = absl::AsciiStrToLower(std::string(parsed->host_address()));
  if (url.host.empty()) return Error{fmt::format("'{}' names no host", text)};
  url.port = parsed->has_port() ? parsed->port_number() : (url.tls ? kHttps : kHttp);
  if (url.port == 0) return Error{fmt::format("'{}': the port must be 1 to 65535", text)};
  const std::string target(parsed->encoded_target());
  url.target = target.empty() || target[0] != '/' ? "/" + target : target;
  return url;
}

}  // namespace limen::http

// Absolute http: and https: URLs.  Values; any thread.  Source: RFC 3986.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace limen::http {

struct Url {
  bool tls = false;   // https
  std::string host;   // name or IP address in small letters, an IPv6 address without brackets
  uint16_t port = 0;  // the scheme's where the URL says none
  std::string target = "/";  // path and query

  bool operator==(const Url&) const = default;
  bool has_address() const;  // the host is a number
  // "issuer.example", "issuer.example:8443", "[::1]:80": the Host header, without the scheme's
  // port.
  std::string authority() const;
};

// An error says what is wrong.  User names, passwords and fragments are refused.
Result<Url> parse_url(std::string_view text);

}  // namespace limen::http

// URLs of http and https.  Pure; any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace limen {

struct Url {
  bool https = false;
  std::string host;  // lower case; an IPv6 address without its brackets
  int32_t port = 0;
  std::string authority;  // what goes into Host: the port only where it is not the scheme's own
  std::string target;     // path and query; "/" at least

  bool operator==(const Url&) const = default;
  // Whether the host is an IP address and not a name.
  bool has_address() const;
};

// nullopt: not an absolute http or https URL, or one with user info, a fragment, blanks or a host
// that is neither a DNS name nor an IP address.  Source: RFC 3986, RFC 9110 section 4.2.
std::optional<Url> parse_url(std::string_view text);

}  // namespace limen

#include "features/cidr.h"

#include <absl/strings/numbers.h>
#include <arpa/inet.h>

namespace limen::features {

bool parse_cidr(const std::string& text, envoy::config::core::v3::CidrRange& out) {
  const size_t slash = text.find('/');
  unsigned char address[sizeof(in6_addr)];
  uint32_t length = 0;
  if (slash == std::string::npos || !absl::SimpleAtoi(text.substr(slash + 1), &length))
    return false;
  const std::string prefix = text.substr(0, slash);
  const bool v6 = prefix.find(':') != std::string::npos;
  if (inet_pton(v6 ? AF_INET6 : AF_INET, prefix.c_str(), address) != 1) return false;
  if (length > (v6 ? 128U : 32U)) return false;
  out.set_address_prefix(prefix);
  out.mutable_prefix_len()->set_value(length);
  return true;
}

}  // namespace limen::features

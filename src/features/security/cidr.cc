#include "features/cidr.h"

#include <absl/strings/numbers.h>
#include <arpa/inet.h>

namespace limen::features {

std::optional<Cidr> parse_cidr(const std::string& text) {
  const size_t slash = text.find('/');
  Cidr cidr;
  if (slash == std::string::npos || !absl::SimpleAtoi(text.substr(slash + 1), &cidr.length))
    return std::nullopt;
  const std::string prefix = text.substr(0, slash);
  cidr.v6 = prefix.find(':') != std::string::npos;
  if (inet_pton(cidr.v6 ? AF_INET6 : AF_INET, prefix.c_str(), cidr.bytes.data()) != 1)
    return std::nullopt;
  if (cidr.length > (cidr.v6 ? 128U : 32U)) return std::nullopt;
  for (uint32_t bit = cidr.length; bit < 128; ++bit)
    cidr.bytes[bit / 8] &= static_cast<uint8_t>(~(0x80U >> bit % 8));
  return cidr;
}

void write_cidr(const Cidr& cidr, envoy::config::core::v3::CidrRange& out) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  inet_ntop(cidr.v6 ? AF_INET6 : AF_INET, cidr.bytes.data(), text.data(), text.size());
  out.set_address_prefix(text.data());
  out.mutable_prefix_len()->set_value(cidr.length);
}

bool parse_cidr(const std::string& text, envoy::config::core::v3::CidrRange& out) {
  const std::optional<Cidr> cidr = parse_cidr(text);
  if (cidr) write_cidr(*cidr, out);
  return cidr.has_value();
}

}  // namespace limen::features

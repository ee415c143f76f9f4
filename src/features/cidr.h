// Ranges of IP addresses.  Pure.
#pragma once

#include <envoy/config/core/v3/address.pb.h>

#include <array>
#include <cstdint>
#include <optional>
#include <string>

namespace limen::features {

struct Cidr {
  bool v6 = false;
  uint32_t length = 0;              // of the prefix, in bits
  std::array<uint8_t, 16> bytes{};  // of the prefix, the rest is 0

  bool bit(uint32_t index) const { return (bytes[index / 8] >> (7 - index % 8) & 1) != 0; }
};

// "10.0.0.0/8", "2001:db8::/32"; nullopt: it is none.
std::optional<Cidr> parse_cidr(const std::string& text);
void write_cidr(const Cidr& cidr, envoy::config::core::v3::CidrRange& out);
// Both; false: it is none.
bool parse_cidr(const std::string& text, envoy::config::core::v3::CidrRange& out);

}  // namespace limen::features

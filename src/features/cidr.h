// Ranges of addresses.  Within src/features only.
#pragma once

#include <envoy/config/core/v3/address.pb.h>

#include <string>

namespace limen::features {

// "192.0.2.0/24", "2001:db8::/32"; false: it is none.
bool parse_cidr(const std::string& text, envoy::config::core::v3::CidrRange& out);

}  // namespace limen::features

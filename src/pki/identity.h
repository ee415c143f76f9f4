// The identities that Limen's certificates carry as their URI.  Source: SPIFFE-ID; the trust domain
// is "limen".
#pragma once

#include <string>

namespace limen::pki {

inline constexpr char kXdsServerId[] = "spiffe://limen/xds";

// `proxy`: "<namespace>/<gateway>", or the GatewayClass's name where Gateways are merged.
inline std::string id_of_proxy(const std::string& proxy) { return "spiffe://limen/proxy/" + proxy; }

}  // namespace limen::pki

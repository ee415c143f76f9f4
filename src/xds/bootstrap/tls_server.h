// How an Envoy reaches an xDS server by TLS: parts of bootstrap.h.  Pure.
#pragma once

#include "xds/bootstrap/bootstrap.h"

namespace limen::xds {

// Gives the xds_cluster its transport socket, and the filter that adds a token.
void use_tls(const TlsServer& server, Json& cluster);

}  // namespace limen::xds

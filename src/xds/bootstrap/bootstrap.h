// The configuration that an Envoy starts with: where its admin interface and its xDS server are;
// all else comes by xDS.  Pure.
#pragma once

#include <string>

#include "base/json.h"

namespace limen::xds {

struct BootstrapSettings {
  std::string proxy;         // node.cluster
  std::string node;          // node.id
  std::string admin_socket;  // unix socket: never a port that others could reach
  std::string xds_socket;    // the xDS server's unix socket
};

Json make_bootstrap(const BootstrapSettings& settings);

}  // namespace limen::xds

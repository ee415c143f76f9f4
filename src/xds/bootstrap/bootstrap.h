// The configuration that an Envoy starts with: where its admin interface and its xDS server are;
// all else comes by xDS.  Pure.
#pragma once

#include <map>
#include <string>
#include <variant>

#include "base/json.h"
#include "base/result.h"

namespace limen::xds {

struct Address {
  std::string host;  // a name or an IP address, without brackets
  int port = 0;
};
// "host:port", "[::1]:port"
Result<Address> parse_address(const std::string& text);

// An xDS server on another machine, by mutual TLS.  Paths are the Envoy's.
struct TlsServer {
  Address address;
  std::string certificate_file, key_file, ca_file;
};

struct BootstrapSettings {
  std::string proxy;         // node.cluster
  std::string node;          // node.id
  std::string admin_socket;  // unix socket: never a port that others could reach
  std::variant<std::string, TlsServer> xds_server;  // a unix socket, or another machine
  std::map<std::string, std::string> labels = {}, annotations = {};  // go to node.metadata
};

Json make_bootstrap(const BootstrapSettings& settings);

}  // namespace limen::xds

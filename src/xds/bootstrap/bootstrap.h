// The configuration that an Envoy starts with: where its admin interface and its xDS server are;
// all else comes by xDS.  Pure.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
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

// What an Envoy shows the xDS server.  Paths are the Envoy's.
struct ClientCertificate {
  std::string certificate_file, key_file;
};
struct BearerToken {
  std::string file;  // of a Kubernetes service account
};

// An xDS server on another machine, by TLS.
struct TlsServer {
  Address address;
  std::string ca_file;  // the Envoy's path
  std::variant<ClientCertificate, BearerToken> credential;
  // Where the Envoy has what sds_files() gives.  It reads certificate, key, CA and token again when
  // something is moved in their folders, as the kubelet does in a volume, and new connections use
  // them.  "": certificate, key and CA are read once; REQUIRES: `credential` is no token.
  std::string sds_folder;
};

struct BootstrapSettings {
  std::string proxy;         // node.cluster
  std::string node;          // node.id
  std::string admin_socket;  // unix socket: never a port that others could reach
  std::variant<std::string, TlsServer> xds_server;  // a unix socket, or another machine
  std::map<std::string, std::string> labels = {}, annotations = {};  // go to node.metadata
  // Prometheus' door: GET /stats/prometheus and nothing else of the admin interface.
  std::optional<Address> stats = {};
  // GET /ready: no answer before the first configuration is in force, then 200; 503 after
  // healthcheck/fail.
  std::optional<Address> ready = {};
  uint64_t memory_limit = 0;  // bytes that the Envoy may take, heap and all; 0: unlimited
};

Json make_bootstrap(const BootstrapSettings& settings);

// Files, by name, that belong into `sds_folder`.
std::map<std::string, Json> sds_files(const TlsServer& server);

}  // namespace limen::xds

// Who may see a proxy's resources: denied unless shown otherwise.  Any thread.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"

namespace grpc {
class GenericCallbackServerContext;
}

namespace limen::xds {

// What a stream's connection and its first headers show.
struct Peer {
  std::string address;            // gRPC's: "ipv4:10.0.0.7:4711"
  bool is_local = false;          // a Unix socket: the file's mode has decided already
  bool has_certificate = false;   // one that the TLS handshake has verified
  std::vector<std::string> uris;  // of the certificate (pki/identity.h)
  std::string token;              // bearer token as shown, verified by nobody; "": none
  std::string token_proxy;        // what the token, verified, stands for; "": nothing
};
Peer peer_of(const grpc::GenericCallbackServerContext& context);

// A certificate counts before a token.  The error says what is missing.
Status authorise(const Peer& peer, const std::string& proxy);

}  // namespace limen::xds

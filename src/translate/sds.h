// Certificates and CAs that another SDS server beside Envoy has, such as the agent of SPIRE.  A
// Secret of type gateway.envoyproxy.io/sds says where: `url` is the path of its Unix socket (or
// unix://<path>), `secretName` what it is asked for.  Source: Envoy Gateway,
// extensionApis.enableSDSSecretRef.
#pragma once

#include <envoy/extensions/transport_sockets/tls/v3/secret.pb.h>

#include "translate/world.h"

namespace limen::translate {

inline constexpr char kSdsSecretType[] = "gateway.envoyproxy.io/sds";

// What a Secret of that type says.
struct SdsReading {
  SdsSecret secret;     // empty iff there is a mistake
  std::string mistake;  // "its url ..."
};
SdsReading read_sds(const Options& options, const api::Secret& secret);

void write_sds(const SdsSecret& secret,
               envoy::extensions::transport_sockets::tls::v3::SdsSecretConfig& out);

// The secrets that TLS needs as a BackendTLSPolicy or a Backend says; nullptr: none.
std::shared_ptr<const SecretUse> secrets_of_policy(flow::Reads& reads, World& world,
                                                   const ObjectKey& key);
std::shared_ptr<const SecretUse> secrets_of_backend(flow::Reads& reads, World& world,
                                                    const ObjectKey& key);

// Name of the cluster that leads to the SDS server at a socket: "sds_<path>_<hash>", as Envoy
// Gateway's.
std::string sds_cluster(const std::string& socket);

// A value that we give out by that name.
FragmentPtr generic_secret(const std::string& name, const std::string& value);

}  // namespace limen::translate

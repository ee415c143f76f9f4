// TLS of clusters, and what it means for the HTTP inside.
#pragma once

#include <envoy/config/cluster/v3/cluster.pb.h>

#include "translate/world.h"

namespace limen::translate {

// The HTTP that is spoken, and what of TLS depends on it.
struct HttpTransport {
  bool http1 = true, http2 = false;  // both: as the server chooses (ALPN)
  bool by_host = false;              // the Host of each request is the SNI ...
  bool checks_host = false;          // ... and has to be in the server's certificate

  bool is_default() const { return http1 && !http2 && !by_host; }
};

// Writes the TLS with the backends of a cluster.  `proxy`: whose cluster it is; nullptr: one that
// has nothing to add.  nullopt: nothing may be sent there.
std::optional<HttpTransport> write_transport(flow::Reads& reads, World& world,
                                             const ClusterRef& ref, const ProxyTls* proxy,
                                             envoy::config::cluster::v3::Cluster& out);

// Whether nothing may be sent to a backend with that TLS (nullptr: plain text), which is the
// cluster's, or a member of its group.
bool is_closed(const BackendTls* tls, const ClusterRef& cluster);

// Whether a proxy can show what it has to, and speak TLS as it has to, where the cluster needs it.
bool can_speak_tls(flow::Reads& reads, World& world, const ProxyTls& proxy,
                   const ClusterRef& cluster);

// To the server of a URL.
void write_server_transport(const std::string& host, const std::string& system_cas,
                            envoy::config::cluster::v3::Cluster& out);

}  // namespace limen::translate

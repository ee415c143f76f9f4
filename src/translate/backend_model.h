// What is known of backends: where requests can go, and the clusters that lead there.  Part of the
// model (model.h), apart because listeners refer to backends, too.
#pragma once

#include <absl/hash/hash.h>

#include <compare>
#include <memory>
#include <string>
#include <vector>

#include "api/kinds.h"
#include "xds/resources/resource.h"

namespace limen::translate {

using api::ObjectKey;
using xds::FragmentPtr;

// Of what is shared: equal values.
template <class T>
bool same(const std::shared_ptr<const T>& a, const std::shared_ptr<const T>& b) {
  return a == b || (a != nullptr && b != nullptr && *a == *b);
}

// True, or why not; becomes a condition.
struct Verdict {
  bool ok = true;
  Text reason;  // empty where ok: the condition's own positive reason
  Text message;

  bool operator==(const Verdict&) const = default;
  static Verdict no(Text reason, Text message) {
    return {false, std::move(reason), std::move(message)};
  }
};

// A secret by its name in SDS.
struct SdsSecret {
  std::string name;    // "": none
  std::string socket;  // path of the Unix socket of another SDS server beside Envoy; "": it is ours

  bool empty() const { return name.empty(); }
  bool is_ours() const { return socket.empty(); }
  auto operator<=>(const SdsSecret&) const = default;
};

// Ports of TCP and of UDP are numbered apart.
enum class Transport { kTcp, kUdp };

// kTls: TLS of a client that is passed through, so that no policy may add TLS to it.
enum class BackendProtocol { kHttp1, kHttp2, kWebSocket, kTls, kUdp };

// A Service or Backend as routes see it.
struct BackendTarget {
  struct Port {
    int32_t port = 0;  // 0: a Backend's, whose endpoints have their own
    BackendProtocol protocol = BackendProtocol::kHttp1;
    Transport transport = Transport::kTcp;
    bool operator==(const Port&) const = default;
  };
  Verdict usable;
  std::vector<Port> ports;
  bool unix_socket = false;      // an endpoint is one
  bool tls = false;              // of a Backend: it asks for TLS itself
  bool names_no_server = false;  // ... and says by no name whose certificate it is

  bool operator==(const BackendTarget&) const = default;
};

// A cluster's identity: the backend and the settings that matter.  Routes that agree share it.
struct ClusterRef {
  api::Kind kind = api::Kind::kService;
  ObjectKey object = {};
  int32_t port = 0;  // of a Service or URL; 0 for a Backend
  BackendProtocol protocol = BackendProtocol::kHttp1;
  // Not empty: the server of a URL, and no object.  https is TLS with the CAs that Envoy's machine
  // trusts, for that name.
  Text host = {};
  bool https = false;
  ObjectKey credential = {};  // the HTTPRouteFilter whose credential it is shown; empty: none
  // Not empty: several backends (join() made it), and no object.
  Text members = {};
  Text settings = {};  // how it is called (backend/settings.h); empty: as all are

  auto operator<=>(const ClusterRef&) const = default;
  bool is_server() const { return !host.empty(); }
  bool is_group() const { return !members.empty(); }
  // "service/<namespace>/<name>/<port>", plus "/credential/<namespace>/<name>", plus "/h2c", "/ws",
  // "/tls" or "/udp"; of a URL, "https/<host>/<port>"; of several backends,
  // "group/<weight>*service/...,<weight>*backend/...", with "!" before those that are used only
  // where the others fail.  Of all, "/settings/<hash>" where there are some.
  std::string text() const;
  template <class H>
  friend H AbslHashValue(H h, const ClusterRef& ref) {
    return H::combine(std::move(h), ref.kind, ref.object, ref.port, ref.protocol, ref.host,
                      ref.https, ref.credential, ref.members, ref.settings);
  }
};

// A backend among several that are one cluster.
struct ClusterMember {
  ClusterRef ref;  // Service or Backend, with the protocol of all
  uint32_t weight = 1;
  bool fallback = false;  // used only where the others fail
};
// REQUIRES: members are not empty and speak the same protocol.  One is itself.
ClusterRef join(const std::vector<ClusterMember>& members);
// One that is no group is its own only member.
std::vector<ClusterMember> members_of(const ClusterRef& cluster);

// A Service or Backend: what policies target.
struct TargetKey {
  api::Kind kind = api::Kind::kService;
  ObjectKey object;

  auto operator<=>(const TargetKey&) const = default;
  std::string text() const { return std::string(api::info(kind).name) + "/" + object.text(); }
  template <class H>
  friend H AbslHashValue(H h, const TargetKey& key) {
    return H::combine(std::move(h), key.kind, key.object);
  }
};

// TLS with backends as a BackendTLSPolicy says, or a Backend together with its policy, CAs read.
struct BackendTls {
  Verdict accepted, resolved_refs;
  FragmentPtr context;  // UpstreamTlsContext: whose certificate is good; nullptr: nobody's is
  SdsSecret cas;        // not empty: they are another SDS server's
  // A Backend's.
  bool by_host = false;               // the Host of each request is the SNI ...
  bool checks_host = false;           // ... and says whose the certificate has to be
  SdsSecret client_certificate = {};  // empty: the proxy's is shown
  api::TlsSettings settings = {};     // what is not set is the proxy's to say

  bool operator==(const BackendTls& other) const {
    return accepted == other.accepted && resolved_refs == other.resolved_refs && cas == other.cas &&
           by_host == other.by_host && checks_host == other.checks_host &&
           client_certificate == other.client_certificate && settings == other.settings &&
           same(context, other.context);
  }
};

// What TLS with backends needs of secrets, and the proxies with these backends.
struct SecretUse {
  std::vector<SdsSecret> secrets;
  std::vector<Text> proxies;

  bool operator==(const SecretUse&) const = default;
};

struct ProxyCluster {
  Text proxy;
  ClusterRef cluster;
  auto operator<=>(const ProxyCluster&) const = default;
  template <class H>
  friend H AbslHashValue(H h, const ProxyCluster& key) {
    return H::combine(std::move(h), key.proxy, key.cluster);
  }
};

}  // namespace limen::translate

// An xDS resource as the rest of Limen handles it: a name, serialised bytes and their hash.
// Nothing is kept as a protobuf object tree; streams share the bytes.  Immutable; any thread.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace google::protobuf {
class MessageLite;
}

namespace limen::xds {

// In the order in which additions are sent (make before break); removals go the other way.
enum class ResourceType { kCluster, kEndpoints, kListener, kRouteConfiguration, kSecret };
inline constexpr int kResourceTypes = 5;

// "type.googleapis.com/envoy.config.cluster.v3.Cluster", ...
std::string_view type_url(ResourceType type);

// Serialised protobuf and a hash of it: equal hash (64 bit) is taken as equal bytes.
struct Fragment {
  std::string bytes;
  uint64_t hash = 0;

  bool operator==(const Fragment& other) const {
    return hash == other.hash && bytes.size() == other.bytes.size();
  }
};
using FragmentPtr = std::shared_ptr<const Fragment>;

FragmentPtr make_fragment(std::string bytes);

// Deterministic serialisation of a message.
FragmentPtr fragment_of(const google::protobuf::MessageLite& message);

// One change of the resources of one group of proxies.  `proxy` is Envoy's node.cluster:
// "<namespace>/<gateway>" or the GatewayClass's name where Gateways are merged.
struct ResourceChange {
  std::string proxy;
  ResourceType type;
  std::string name;
  FragmentPtr resource;  // nullptr: removed
};

}  // namespace limen::xds

// An xDS resource as the rest of Limen handles it: a name, serialised bytes and their hash.
// Nothing is kept as a protobuf object tree; streams share the bytes.  Immutable; any thread.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/hash.h"

namespace google::protobuf {
class MessageLite;
}

namespace limen::xds {

// In the order in which additions are sent (make before break); removals go the other way.
enum class ResourceType {
  kCluster,
  kEndpoints,
  kListener,
  kRouteConfiguration,
  kSecret,
  kExtensionConfig
};
inline constexpr int kResourceTypes = 6;

// "type.googleapis.com/envoy.config.cluster.v3.Cluster", ...
std::string_view type_url(ResourceType type);

struct Fragment;
using FragmentPtr = std::shared_ptr<const Fragment>;

// A serialised message and a hash of it: equal hash (64 bit) is taken as equal bytes.  A message
// may end in elements of a repeated field (the virtual hosts of a route configuration), which are
// fragments that it shares: a large message costs a pointer an element, and its bytes are put
// together only to be sent.  A very large one shares whole runs of elements: a run is a message
// that has nothing else, and what follows a message's bytes is merged into it.
// Source: Protocol Buffers, "Encoding": the concatenation of two messages is their merger.
struct Fragment {
  std::string bytes;                  // without the elements
  uint64_t hash = 0;                  // of the whole; of a run: SequenceHash of the elements
  uint32_t size = 0;                  // of the whole, in bytes
  int32_t element_field = 0;          // number of the repeated field; 0: the elements are runs
  std::vector<FragmentPtr> elements;  // in order

  bool operator==(const Fragment& other) const { return hash == other.hash && size == other.size; }
};

// Joins a message: the bytes of all but one of its fields, and that one's elements in order.  The
// outcome is equal however the elements are cut into runs.
class FragmentBuilder {
 public:
  FragmentBuilder(const google::protobuf::MessageLite& message, int element_field, size_t count);
  // For a run.
  FragmentBuilder(int element_field, size_t count);

  void add(FragmentPtr element);
  void add_run(FragmentPtr run);  // of the same field
  FragmentPtr take() &&;

 private:
  bool in_runs() const { return fragment_.element_field == 0; }
  void begin_runs();

  Fragment fragment_;
  const int element_field_;
  SequenceHash sequence_;
  const bool is_run_;
};

// The whole message.
std::string serialise(const Fragment& fragment);
// Appends it.
void serialise(const Fragment& fragment, std::string& out);
// Appends tag and length of a length-delimited field.
void append_field_head(int field, size_t length, std::string& out);

// Deterministic serialisation of a message.
FragmentPtr fragment_of(const google::protobuf::MessageLite& message);

// One change of the resources of one group of proxies.  `proxy` is Envoy's node.cluster:
// "<namespace>/<gateway>" or the GatewayClass's name where Gateways are merged.
struct ResourceChange {
  std::string proxy;
  ResourceType type;
  std::string name;
  FragmentPtr resource;  // nullptr: removed
  // What stands there for a while before that: it also has what routes under way still ask for.
  FragmentPtr meanwhile = nullptr;
};

}  // namespace limen::xds

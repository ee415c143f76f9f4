#include "xds/resources/resource.h"

#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/io/zero_copy_stream_impl_lite.h>
#include <google/protobuf/message_lite.h>

#include "base/hash.h"

namespace limen::xds {

std::string_view type_url(ResourceType type) {
  switch (type) {
    case ResourceType::kCluster: return "type.googleapis.com/envoy.config.cluster.v3.Cluster";
    case ResourceType::kEndpoints:
      return "type.googleapis.com/envoy.config.endpoint.v3.ClusterLoadAssignment";
    case ResourceType::kListener: return "type.googleapis.com/envoy.config.listener.v3.Listener";
    case ResourceType::kRouteConfiguration:
      return "type.googleapis.com/envoy.config.route.v3.RouteConfiguration";
    case ResourceType::kSecret:
      return "type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.Secret";
  }
  __builtin_unreachable();
}

FragmentPtr make_fragment(std::string bytes) {
  const uint64_t hash = hash_bytes(bytes);
  return std::make_shared<const Fragment>(Fragment{std::move(bytes), hash});
}

FragmentPtr fragment_of(const google::protobuf::MessageLite& message) {
  std::string bytes;
  {
    google::protobuf::io::StringOutputStream stream(&bytes);
    google::protobuf::io::CodedOutputStream coded(&stream);
    coded.SetSerializationDeterministic(true);  // maps in key order
    message.SerializeToCodedStream(&coded);
  }
  return make_fragment(std::move(bytes));
}

}  // namespace limen::xds

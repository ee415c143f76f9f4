#include "xds/server/sotw_adapter.h"

#include <envoy/service/discovery/v3/discovery.pb.h>

namespace limen::xds {
namespace {

namespace discovery_v3 = envoy::service::discovery::v3;

// A response about these holds all there are: what is not in it is removed.
bool is_complete(ResourceType type) {
  return type == ResourceType::kCluster || type == ResourceType::kListener;
}

void add_resource(ResourceType type, const WireResource& wire,
                  discovery_v3::DiscoveryResponse& out) {
  auto& any = *out.add_resources();
  any.set_type_url(std::string(type_url(type)));
  any.set_value(serialise(wire.resource()));
}

}  // namespace

discovery_v3::DeltaDiscoveryRequest SotwAdapter::to_delta(
    const discovery_v3::DiscoveryRequest& request) {
  discovery_v3::DeltaDiscoveryRequest delta;
  delta.set_type_url(request.type_url());
  delta.set_response_nonce(request.response_nonce());
  if (request.has_node()) *delta.mutable_node() = request.node();
  if (request.has_error_detail()) *delta.mutable_error_detail() = request.error_detail();
  auto& known = names_[request.type_url()];
  const absl::flat_hash_set<std::string> wanted(request.resource_names().begin(),
                                                request.resource_names().end());
  for (const std::string& name : wanted) {
    if (!known.contains(name)) delta.add_resource_names_subscribe(name);
  }
  for (const std::string& name : known) {
    if (!wanted.contains(name)) delta.add_resource_names_unsubscribe(name);
  }
  known = wanted;
  return delta;
}

std::optional<std::string> SotwAdapter::to_sotw(const DeltaResponse& response,
                                                const DeltaStream& stream,
                                                const ResourceGroup& group) {
  discovery_v3::DiscoveryResponse message;
  if (is_complete(response.type)) {
    for (const std::string& name : stream.sent(response.type)) {
      if (const WireResourcePtr wire = group.find(response.type, name))
        add_resource(response.type, *wire, message);
    }
  } else if (response.resources.empty()) {
    return std::nullopt;
  } else {
    for (const WireResourcePtr& wire : response.resources)
      add_resource(response.type, *wire, message);
  }
  message.set_version_info(response.nonce);
  message.set_nonce(response.nonce);
  message.set_type_url(std::string(type_url(response.type)));
  return message.SerializeAsString();
}

}  // namespace limen::xds

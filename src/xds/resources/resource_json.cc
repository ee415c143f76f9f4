#include "xds/resources/resource_json.h"

#include <envoy/config/cluster/v3/cluster.pb.h>
#include <envoy/config/core/v3/extension.pb.h>
#include <envoy/config/endpoint/v3/endpoint.pb.h>
#include <envoy/config/listener/v3/listener.pb.h>
#include <envoy/config/route/v3/route.pb.h>
#include <envoy/extensions/transport_sockets/tls/v3/tls.pb.h>
#include <google/protobuf/util/json_util.h>

#include "base/yaml.h"
#include "xds/resources/redact.h"

namespace limen::xds {
namespace {

std::unique_ptr<google::protobuf::Message> message_for(ResourceType type) {
  switch (type) {
    case ResourceType::kCluster: return std::make_unique<envoy::config::cluster::v3::Cluster>();
    case ResourceType::kEndpoints:
      return std::make_unique<envoy::config::endpoint::v3::ClusterLoadAssignment>();
    case ResourceType::kListener: return std::make_unique<envoy::config::listener::v3::Listener>();
    case ResourceType::kRouteConfiguration:
      return std::make_unique<envoy::config::route::v3::RouteConfiguration>();
    case ResourceType::kSecret:
      return std::make_unique<envoy::extensions::transport_sockets::tls::v3::Secret>();
    case ResourceType::kExtensionConfig:
      return std::make_unique<envoy::config::core::v3::TypedExtensionConfig>();
  }
  __builtin_unreachable();
}

}  // namespace

Result<Json> to_json(ResourceType type, const Fragment& fragment, bool show_secrets) {
  const auto message = message_for(type);
  if (!message->ParseFromString(serialise(fragment))) return Error{"a resource can't be read back"};
  if (!show_secrets) redact(*message);
  std::string text;
  google::protobuf::util::JsonPrintOptions options;
  options.preserve_proto_field_names = true;
  const auto status = google::protobuf::util::MessageToJsonString(*message, &text, options);
  if (!status.ok()) return Error{status.ToString()};
  const auto documents = parse_yaml(text);
  Json result{Json::Object{}};
  result.set("@type", type_url(type));
  if (documents.empty() || documents[0].problem) return result;
  for (const auto& [name, value] : documents[0].value.as_object()) result.set(name, value);
  return result;
}

}  // namespace limen::xds

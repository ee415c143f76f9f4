#include "xds/server/methods.h"

#include <algorithm>

namespace limen::xds {
namespace {

constexpr Method kMethods[] = {
    {"/envoy.service.discovery.v3.AggregatedDiscoveryService/DeltaAggregatedResources", false, {}},
    {"/envoy.service.discovery.v3.AggregatedDiscoveryService/StreamAggregatedResources", true, {}},
    {"/envoy.service.cluster.v3.ClusterDiscoveryService/DeltaClusters", false,
     ResourceType::kCluster},
    {"/envoy.service.cluster.v3.ClusterDiscoveryService/StreamClusters", true,
     ResourceType::kCluster},
    {"/envoy.service.endpoint.v3.EndpointDiscoveryService/DeltaEndpoints", false,
     ResourceType::kEndpoints},
    {"/envoy.service.endpoint.v3.EndpointDiscoveryService/StreamEndpoints", true,
     ResourceType::kEndpoints},
    {"/envoy.service.listener.v3.ListenerDiscoveryService/DeltaListeners", false,
     ResourceType::kListener},
    {"/envoy.service.listener.v3.ListenerDiscoveryService/StreamListeners", true,
     ResourceType::kListener},
    {"/envoy.service.route.v3.RouteDiscoveryService/DeltaRoutes", false,
     ResourceType::kRouteConfiguration},
    {"/envoy.service.route.v3.RouteDiscoveryService/StreamRoutes", true,
     ResourceType::kRouteConfiguration},
    {"/envoy.service.secret.v3.SecretDiscoveryService/DeltaSecrets", false, ResourceType::kSecret},
    {"/envoy.service.secret.v3.SecretDiscoveryService/StreamSecrets", true, ResourceType::kSecret},
    {"/envoy.service.extension.v3.ExtensionConfigDiscoveryService/DeltaExtensionConfigs", false,
     ResourceType::kExtensionConfig},
    {"/envoy.service.extension.v3.ExtensionConfigDiscoveryService/StreamExtensionConfigs", true,
     ResourceType::kExtensionConfig},
};

}  // namespace

const Method* find_method(std::string_view path) {
  const auto* it = std::find_if(std::begin(kMethods), std::end(kMethods),
                                [&](const Method& method) { return method.path == path; });
  return it == std::end(kMethods) ? nullptr : it;
}

}  // namespace limen::xds

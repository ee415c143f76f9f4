#include "translate/model.h"

#include "translate/security_model.h"

namespace limen::translate {
bool RouteFilterModel::operator==(const RouteFilterModel& other) const {
  return problems == other.problems && same(filter, other.filter) &&
         secret_name == other.secret_name && same(secret, other.secret) &&
         clusters == other.clusters;
}

bool ClassModel::operator==(const ClassModel& other) const {
  return accepted == other.accepted && owner == other.owner && envoy_proxy == other.envoy_proxy &&
         same(settings, other.settings);
}

bool FrontendTls::operator==(const FrontendTls& other) const {
  return validations == other.validations &&
         std::equal(secrets.begin(), secrets.end(), other.secrets.begin(), other.secrets.end(),
                    [](const FragmentPtr& a, const FragmentPtr& b) { return same(a, b); });
}

bool GatewayModel::operator==(const GatewayModel& other) const {
  return key == other.key && uid == other.uid && gateway_class == other.gateway_class &&
         envoy_proxy == other.envoy_proxy && proxy == other.proxy && created == other.created &&
         accepted == other.accepted && addressed == other.addressed &&
         addresses == other.addresses && wants_any_address == other.wants_any_address &&
         wants_cluster_address == other.wants_cluster_address && labels == other.labels &&
         annotations == other.annotations && backend_tls == other.backend_tls &&
         client_validations == other.client_validations && listeners == other.listeners &&
         same(settings, other.settings);
}

bool ProxyModel::operator==(const ProxyModel& other) const {
  return gateway_class == other.gateway_class && gateways == other.gateways &&
         addresses == other.addresses && cluster_only == other.cluster_only &&
         listeners == other.listeners && ports == other.ports && labels == other.labels &&
         annotations == other.annotations && backend_tls == other.backend_tls &&
         same(settings, other.settings);
}

bool ListenerGuard::operator==(const ListenerGuard& other) const {
  return gateway == other.gateway && closed == other.closed && clusters == other.clusters &&
         jwt == other.jwt && needs == other.needs && same(virtual_host, other.virtual_host) &&
         std::equal(rest.begin(), rest.end(), other.rest.begin(), other.rest.end(),
                    [](const FragmentPtr& a, const FragmentPtr& b) { return same(a, b); });
}

std::vector<ListenerModel> ProxyModel::listeners_of(const ObjectKey& gateway,
                                                    const ObjectKey& set) const {
  const auto range = ranges.find({gateway, set});
  if (range == ranges.end()) return {};
  const auto begin = listeners.begin();
  return {begin + static_cast<std::ptrdiff_t>(range->second.first),
          begin + static_cast<std::ptrdiff_t>(range->second.second)};
}

const PortModel* ProxyModel::port_at(Transport transport, int32_t number) const {
  const auto it = std::find_if(ports.begin(), ports.end(), [&](const PortModel& port) {
    return port.port == number && port.transport() == transport;
  });
  return it == ports.end() ? nullptr : &*it;
}

}  // namespace limen::translate

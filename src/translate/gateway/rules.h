// The rules about GatewayClasses, Gateways and their listeners.  Each is pure: what it sees, it
// sees through `reads`; nullptr means "no row".  Called by the pipeline only.
#pragma once

#include "base/result.h"
#include "translate/world.h"

namespace limen::translate {

// GatewayClasses of our controller; others have no row.
std::shared_ptr<const ClassModel> classify(flow::Reads& reads, World& world, const ObjectKey& key);

// A Secret as a certificate: kubernetes.io/tls with a key that fits.
std::shared_ptr<const Certificate> read_certificate(flow::Reads& reads, World& world,
                                                    const ObjectKey& key);

// A Gateway of one of our classes: each listener looked at by itself.
std::shared_ptr<const GatewayModel> read_gateway(flow::Reads& reads, World& world,
                                                 const ObjectKey& key);

// All Gateways of a proxy together: conflicts decided, ports formed.
std::shared_ptr<const ProxyModel> form_proxy(flow::Reads& reads, World& world,
                                             const std::string& proxy);

// A Gateway with the listeners as form_proxy() decided them.
std::shared_ptr<const GatewayModel> settle_gateway(flow::Reads& reads, World& world,
                                                   const ObjectKey& key);

// The processes that a proxy needs.
std::shared_ptr<const infra::ProxyPlan> plan_proxy(flow::Reads& reads, World& world,
                                                   const std::string& proxy);

// The SDS secret of a certificate that a listener uses.
std::shared_ptr<const xds::Fragment> share_secret(flow::Reads& reads, World& world,
                                                  const ProxyName& key);

// Whether an EnvoyProxy can be used; the error names the field.
Status check_settings(const api::EnvoyProxySpec& settings);

}  // namespace limen::translate

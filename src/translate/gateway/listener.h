// A port of a proxy -> the xDS listener.
#pragma once

#include <envoy/config/listener/v3/listener_components.pb.h>

#include "translate/policy/rules.h"
#include "translate/world.h"

namespace limen::translate {

// The transport socket of a listener that ends TLS.
void add_tls(const ListenerModel& model, const std::vector<std::string>& alpn,
             const ListenerRule& rule, envoy::config::listener::v3::FilterChain& chain);

std::shared_ptr<const xds::Fragment> build_listener(flow::Reads& reads, World& world,
                                                    const PortKey& key);

}  // namespace limen::translate

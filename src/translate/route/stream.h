// Routes of connections and datagrams: TLSRoute, TCPRoute and UDPRoute.  Within this folder only.
#pragma once

#include "features/features.h"
#include "translate/world.h"

namespace limen::translate {

struct StreamForm {
  RouteKey key;
  const std::vector<api::StreamRouteRule>& rules;
  bool secured = false;           // a SecurityPolicy governs it
  FragmentPtr sources = nullptr;  // iff it does: FilterChainMatch; nullptr: nobody is let in
};

std::shared_ptr<TranslatedRoute> translate_stream(flow::Reads& reads, World& world,
                                                  const StreamForm& form,
                                                  const Attachments& attachments);

// What serves connections on its own is the part of a filter chain that a route decides:
// envoy.config.listener.v3.FilterChain with the filter, and whose connections it is for.  For a
// UDPRoute it is a ListenerFilter.
FragmentPtr server_for(api::Kind route, const std::vector<features::Share>& shares, int32_t port,
                       const FragmentPtr& sources = nullptr);

}  // namespace limen::translate

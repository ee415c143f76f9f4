// Routes of connections and datagrams: TLSRoute, TCPRoute and UDPRoute.  Within this folder only.
#pragma once

#include "features/features.h"
#include "translate/world.h"

namespace limen::translate {

struct StreamForm {
  RouteKey key;
  const std::vector<api::StreamRouteRule>& rules;
  bool closed = false;  // it has a policy, which is not supported yet: nobody gets through
};

std::shared_ptr<TranslatedRoute> translate_stream(flow::Reads& reads, World& world,
                                                  const StreamForm& form,
                                                  const Attachments& attachments);

// envoy.config.listener.v3.ListenerFilter for a UDPRoute, ...Filter for the others.
FragmentPtr filter_for(api::Kind route, const std::vector<features::Share>& shares, int32_t port);

}  // namespace limen::translate

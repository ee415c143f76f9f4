// The rules that make statuses.  Types and reasons are the Gateway API's; transition times are set
// by the status sink.  Pure; nullptr means "no row".  Called by the pipeline only.
#pragma once

#include "translate/world.h"

namespace limen::translate {

std::shared_ptr<const api::GatewayClassStatus> class_status(flow::Reads& reads, World& world,
                                                            const ObjectKey& key);
std::shared_ptr<const api::GatewayStatus> gateway_status(flow::Reads& reads, World& world,
                                                         const ObjectKey& key);
std::shared_ptr<const api::ListenerSetStatus> listener_set_status(flow::Reads& reads, World& world,
                                                                  const ObjectKey& key);
std::shared_ptr<const api::RouteStatus> route_status(flow::Reads& reads, World& world,
                                                     const RouteKey& key);
std::shared_ptr<const api::BackendStatus> backend_status(flow::Reads& reads, World& world,
                                                         const ObjectKey& key);

// A condition out of a verdict; `positive` and `message` are the reason and message where it is ok.
api::Condition condition(Text type, const Verdict& verdict, Text positive, Text message,
                         int64_t generation);

}  // namespace limen::translate

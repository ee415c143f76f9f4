// A port of a proxy -> the xDS listener.
#pragma once

#include "translate/world.h"

namespace limen::translate {

std::shared_ptr<const xds::Fragment> build_listener(flow::Reads& reads, World& world,
                                                    const PortKey& key);

}  // namespace limen::translate

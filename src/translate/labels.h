// Label selectors.  Source: meta/v1 LabelSelector.
#pragma once

#include "translate/world.h"

namespace limen::translate {

bool selects(const api::LabelSelector& selector, const std::map<std::string, std::string>& labels);

// With the label of its name, which the API server sets on every namespace; a namespace that is not
// there has only this one.
std::map<std::string, std::string> labels_of_namespace(flow::Reads& reads, World& world,
                                                       const std::string& name);

}  // namespace limen::translate

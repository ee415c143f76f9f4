// Label selectors.  Source: meta/v1 LabelSelector.
#pragma once

#include "api/meta/meta.h"

namespace limen::translate {

bool selects(const api::LabelSelector& selector, const std::map<std::string, std::string>& labels);

}  // namespace limen::translate

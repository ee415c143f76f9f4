// Label selectors as kubectl writes them.  Pure; any thread.
#pragma once

#include <string_view>

#include "api/meta/meta.h"
#include "base/result.h"

namespace limen::providers {

// "env=prod,tier!=test,team in (a,b),team notin (c),ready,!old": all of it.  Source:
// apimachinery's labels.Parse.
Result<api::LabelSelector> parse_label_selector(std::string_view text);

}  // namespace limen::providers

// A kubeconfig's text -> Config.  Pure; any thread.
#pragma once

#include <string>
#include <string_view>

#include "kube/config.h"

namespace limen::kube {

// The current context's.  `file`: for messages; `folder`: where its relative paths begin.
Result<Config> parse_kubeconfig(std::string_view text, const std::string& file,
                                const std::string& folder);

}  // namespace limen::kube

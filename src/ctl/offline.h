// Files -> objects and what follows from them, without a server: for translate and validate.
#pragma once

#include "providers/file/load.h"
#include "translate/translator.h"

namespace limen::ctl {

struct Offline {
  providers::ObjectStore store;
  api::ChangeBatch objects;
  std::vector<providers::ObjectProblem> problems;
  translate::Output output;
};

Offline load_offline(const std::vector<std::string>& paths);

// "routes.yaml:12: HTTPRoute/default/shop: spec.rules[0]: UnknownField: there is no such field"
std::string text_of(const providers::ObjectProblem& problem);

}  // namespace limen::ctl

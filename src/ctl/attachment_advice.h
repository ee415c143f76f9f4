// Why Gateways and routes take effect nowhere: for them Limen writes no status, since they may be
// another controller's, but to `limen validate` they look like mistakes.  Pure.
#pragma once

#include <string>
#include <vector>

#include "api/kinds.h"

namespace limen::ctl {

struct Advice {
  api::Kind kind;
  api::ObjectKey key;
  std::string path;     // "spec.parentRefs[0]"
  std::string message;  // a sentence with a way out
};

// `refused`: what messages call the objects that have mistakes, "Gateway/default/web".
std::vector<Advice> advise_attachment(const api::ChangeBatch& objects,
                                      const std::vector<std::string>& refused);

}  // namespace limen::ctl

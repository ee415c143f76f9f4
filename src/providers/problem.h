// What is wrong with an object, and where it comes from.  A value.
#pragma once

#include <string>

#include "base/problem.h"

namespace limen::providers {

enum class Severity { kError, kWarning };

struct ObjectProblem {
  std::string file;    // "": it is from an API server
  std::string object;  // "HTTPRoute/default/shop"; "" where unknown
  Severity severity = Severity::kError;
  Problem problem;

  bool operator==(const ObjectProblem&) const = default;
};

}  // namespace limen::providers

// Program: a compiled CEL expression over one variable, `self`.
//
// The part of CEL (github.com/google/cel-spec) that validation rules of Kubernetes CRDs use: all
// operators, lists, int, double, bool, string, null, duration; has, all, exists, exists_one,
// filter, map; size, startsWith, endsWith, contains, matches, lowerAscii, split, duration, int,
// string.  Not there: map literals, uint, bytes, timestamp, messages.
//
// Immutable; any thread.
#pragma once

#include <memory>
#include <string_view>

#include "base/json.h"
#include "base/result.h"

namespace limen::cel {

struct Parsed;

class Program {
 public:
  // An unknown name, function or form is an error here, never later.
  static Result<Program> compile(std::string_view source);

  // The expression's value where it is a boolean.  An error: a missing field, types that do not
  // fit, an overflow, more than a million steps, or a value of another type.
  Result<bool> evaluate(const Json& self) const;

 private:
  explicit Program(std::shared_ptr<const Parsed> parsed) : parsed_(std::move(parsed)) {}

  std::shared_ptr<const Parsed> parsed_;
};

}  // namespace limen::cel

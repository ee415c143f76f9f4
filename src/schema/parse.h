// JSON -> struct, by its table.  Pure; any thread.
#pragma once

#include <functional>

#include "base/problem.h"
#include "schema/schema.h"

namespace limen::schema {

// Evaluates a rule on an object: false and an error both mean that it is broken.
using RuleChecker = std::function<bool(std::string_view expression, const Json& self)>;

struct ParseOptions {
  bool strict = true;      // unknown fields are mistakes
  RuleChecker check_rule;  // none: rules are not looked at
};

// Fills `object` (of the C++ type of `schema`) and returns every mistake found, in the order of the
// document. With mistakes the object holds what could be read.
Problems parse(const Json& value, const Schema& schema, void* object, const ParseOptions& options);

}  // namespace limen::schema

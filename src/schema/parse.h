// JSON -> struct, by its table.  Pure; any thread.
#pragma once

#include "base/problem.h"
#include "schema/schema.h"

namespace limen::schema {

struct ParseOptions {
  bool strict = true;           // unknown fields are mistakes
  Problems* remarks = nullptr;  // gets what is accepted and not in effect; nullptr: nobody asks
};

// Fills `object` (of the C++ type of `schema`) and returns every mistake found, in the order of the
// document. With mistakes the object holds what could be read.  As the API server does, members
// that are null are dropped from `value` and defaults are added, then rules are checked.
Problems parse(Json& value, const Schema& schema, void* object, const ParseOptions& options);

}  // namespace limen::schema

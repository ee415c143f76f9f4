// Struct -> JSON, by its table.  Pure; any thread.
#pragma once

#include "schema/schema.h"

namespace limen::schema {

// Unset optionals and empty lists, maps and texts are left out; members stand in the order of the
// table.
Json emit(const Schema& schema, const void* object);
// One value of that type.  REQUIRES: a set one, if it is an optional
Json emit(const Type& type, const void* value);

}  // namespace limen::schema

// Struct -> JSON, by its table.  Pure; any thread.
#pragma once

#include "schema/schema.h"

namespace limen::schema {

// Unset optionals and empty lists, maps and texts are left out; members stand in the order of the
// table.
Json emit(const Schema& schema, const void* object);

}  // namespace limen::schema

// Descriptor table -> what a user's reference says of it, as Markdown.  Pure; any thread.
#pragma once

#include <string>

#include "schema/schema.h"

namespace limen::schema {

// A table with a line a field (path, type, default, bounds, description), then the rules.  An
// object type is written out where it stands first; later places refer to that one.
std::string reference_of(const Schema& schema);

}  // namespace limen::schema

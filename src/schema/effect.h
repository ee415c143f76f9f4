// Fields that are accepted and have no effect yet: for kinds where nobody may take them for done.
// Pure; any thread.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "schema/schema.h"

namespace limen::schema {

// The paths of such fields that are set, in the order of the table: "spec.jwt".  A boolean is set
// where it is true.
std::vector<std::string> fields_without_effect(const Schema& schema, const void* object);
std::optional<std::string> first_without_effect(const Schema& schema, const void* object);

}  // namespace limen::schema

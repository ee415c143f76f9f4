// Fields that are accepted and have no effect yet: for kinds where nobody may take them for done.
// Pure; any thread.
#pragma once

#include <optional>
#include <string>

#include "schema/schema.h"

namespace limen::schema {

// The path of the first such field that is set: "spec.jwt".  A boolean is set where it is true.
std::optional<std::string> first_without_effect(const Schema& schema, const void* object);

}  // namespace limen::schema

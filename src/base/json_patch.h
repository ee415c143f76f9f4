// Changes to a JSON value: RFC 6902 steps, and a merge as protobuf merges messages.  Pure.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/json.h"
#include "base/result.h"

namespace limen {

struct JsonPatchStep {
  std::string op;    // add, remove, replace, move, copy or test
  std::string path;  // JSON pointer, RFC 6901
  std::string from;  // of move and copy
  Json value;        // of add, replace and test
};

// All steps or none.  The error names the step: "step 2, remove /a/b: there is no such member".
Result<Json> apply_patch(Json document, const std::vector<JsonPatchStep>& steps);

// The member that a JSON pointer names; nullptr: there is none.
const Json* find_pointer(const Json& document, const std::string& pointer);

// Objects member by member, lists one behind the other, anything else replaced.
void merge_json(Json& into, const Json& from);

}  // namespace limen

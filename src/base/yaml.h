// YAML and JSON text -> Json values, and back.  By libyaml; pure functions, any thread.
//
// Read as Kubernetes reads it: YAML 1.2's core schema (true/false, null, numbers), aliases resolved,
// duplicate keys refused.  Bounded: depth, node count after aliases, so that no text can eat the memory.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "base/problem.h"

namespace limen {

struct YamlLimits {
  size_t max_depth = 100;
  size_t max_nodes = 10'000'000;  // a document's values, aliases counted each time
};

// One document of a stream.
struct YamlDocument {
  Json value;                      // null if there is a problem
  std::optional<Problem> problem;  // reason "InvalidYAML" or "DuplicateKey", with the line
  int line = 1;                    // where it begins
};

// The documents of `text`, empty ones left out.  After a syntax error reading goes on behind the next line that is `---`: 
// a broken document does not hide the ones after it.
std::vector<YamlDocument> parse_yaml(std::string_view text, const YamlLimits& limits = {});

// Block-style YAML of one value, ending with a line feed; strings are quoted where they need it.
std::string to_yaml(const Json& value);

}  // namespace limen

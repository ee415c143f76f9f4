// YAML and JSON text -> Json values, and back.  By libyaml; pure functions, any thread.
//
// Read as Kubernetes reads it: YAML 1.2's core schema (true/false, null, numbers), aliases
// resolved, duplicate keys refused.  Bounded: depth, node count after aliases, so that no text can
// eat the memory.
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

// The text of one document, from its `---` (if any) to before the next.
struct YamlChunk {
  std::string_view text;
  int line = 1;  // of its first character, in the whole
};

// Cuts a stream at the lines that begin with `---`.  The chunks share the text's bytes.
std::vector<YamlChunk> split_yaml(std::string_view text);

// nullopt: the chunk holds nothing (white space and comments, or null).
std::optional<YamlDocument> parse_yaml_chunk(const YamlChunk& chunk, const YamlLimits& limits = {});

// All documents of `text`, empty ones left out.  A broken document does not hide the others.
std::vector<YamlDocument> parse_yaml(std::string_view text, const YamlLimits& limits = {});

// Block-style YAML of one value, ending with a line feed; strings are quoted where they need it.
std::string to_yaml(const Json& value);

}  // namespace limen

// Any text is read or refused; what is read comes back the same from YAML and from JSON.
#include <fmt/format.h>

#include <cstdlib>

#include "base/yaml.h"

using limen::Json;

namespace {

void expect_back(const Json& value, const std::string& text) {
  const auto documents = limen::parse_yaml(text);
  const bool same = value.is_null() ? documents.empty() || documents[0].value.is_null()
                                    : documents.size() == 1 && documents[0].value == value;
  if (same) return;
  fmt::print(stderr, "became another value:\n{}\n", text);
  std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  limen::YamlLimits limits;
  limits.max_nodes = 10'000;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  for (const auto& document : limen::parse_yaml(text, limits)) {
    if (document.problem) continue;
    expect_back(document.value, limen::to_yaml(document.value));
    expect_back(document.value, limen::to_json(document.value));
  }
  return 0;
}

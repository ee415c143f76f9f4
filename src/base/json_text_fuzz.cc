// Any text is read or refused; what is read comes back the same, and what YAML reads, too.
#include <fmt/format.h>

#include <cstdlib>

#include "base/json_text.h"
#include "base/yaml.h"

using limen::Json;

namespace {

void expect_back(const Json& value) {
  const std::string text = limen::to_json(value);
  const auto back = limen::parse_json(text);
  if (back && *back == value) return;
  fmt::print(stderr, "became another value: {}\n", text);
  std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (const auto value = limen::parse_json(text)) expect_back(*value);
  limen::YamlLimits limits;
  limits.max_nodes = 10'000;
  for (const auto& document : limen::parse_yaml(text, limits)) {
    if (document.problem) continue;
    const std::string json = limen::to_json(document.value);
    // Cut short somewhere it is no JSON any more, and must be refused without harm.
    (void)limen::parse_json(std::string_view(json).substr(0, json.size() / 2));
    expect_back(document.value);
  }
  return 0;
}

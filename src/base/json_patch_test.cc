#include "base/json_patch.h"

#include <gtest/gtest.h>

#include "base/yaml.h"

namespace limen {
namespace {

Json json(const std::string& text) { return parse_yaml(text).at(0).value; }

std::string patched(const std::string& document, const std::vector<JsonPatchStep>& steps) {
  const auto result = apply_patch(json(document), steps);
  return result ? to_json(*result) : "error: " + result.error().message;
}

// The examples of RFC 6902, appendix A, in our words.
TEST(JsonPatch, Steps) {
  EXPECT_EQ(patched("{a: 1}", {{"add", "/b", "", 2}}), R"({"a":1,"b":2})");
  EXPECT_EQ(patched("{a: [1, 3]}", {{"add", "/a/1", "", 2}}), R"({"a":[1,2,3]})");
  EXPECT_EQ(patched("{a: [1]}", {{"add", "/a/-", "", 2}}), R"({"a":[1,2]})");
  EXPECT_EQ(patched("{a: 1, b: 2}", {{"remove", "/a", "", {}}}), R"({"b":2})");
  EXPECT_EQ(patched("{a: [1, 2]}", {{"remove", "/a/0", "", {}}}), R"({"a":[2]})");
  EXPECT_EQ(patched("{a: {b: 1}}", {{"replace", "/a/b", "", 2}}), R"({"a":{"b":2}})");
  EXPECT_EQ(patched("{a: {b: 1}, c: {}}", {{"move", "/c/d", "/a/b", {}}}),
            R"({"a":{},"c":{"d":1}})");
  EXPECT_EQ(patched("{a: [1, 2]}", {{"copy", "/a/-", "/a/0", {}}}), R"({"a":[1,2,1]})");
  EXPECT_EQ(patched("{a: 1}", {{"test", "/a", "", 1}, {"replace", "", "", 5}}), "5");
  EXPECT_EQ(
      patched("{'a/b': 1, 'c~d': 2}", {{"remove", "/a~1b", "", {}}, {"remove", "/c~0d", "", {}}}),
      "{}");
}

TEST(JsonPatch, ErrorsNameTheStep) {
  EXPECT_EQ(patched("{a: 1}", {{"remove", "/a", "", {}}, {"remove", "/a", "", {}}}),
            "error: step 1, remove /a: there is no such member");
  EXPECT_EQ(patched("{a: 1}", {{"test", "/a", "", 2}}),
            "error: step 0, test /a: the value there is another one");
  for (const JsonPatchStep& step : std::vector<JsonPatchStep>{{"add", "/x/y", "", 1},
                                                              {"add", "a", "", 1},
                                                              {"add", "/l/9", "", 1},
                                                              {"add", "/l/01", "", 1},
                                                              {"replace", "/x", "", 1},
                                                              {"remove", "", "", {}},
                                                              {"remove", "/l/-", "", {}},
                                                              {"move", "/l/0", "/l", {}},
                                                              {"copy", "/y", "/x", {}},
                                                              {"frob", "/l", "", {}}})
    EXPECT_TRUE(patched("{l: [1]}", {step}).starts_with("error: ")) << step.op << step.path;
}

TEST(JsonPatch, Merge) {
  Json into = json("{a: {x: 1, l: [1]}, b: 1}");
  merge_json(into, json("{a: {y: 2, l: [2]}, b: {c: 3}}"));
  EXPECT_EQ(to_json(into), R"({"a":{"x":1,"l":[1,2],"y":2},"b":{"c":3}})");
}

}  // namespace
}  // namespace limen

#include "base/yaml.h"

#include <gtest/gtest.h>

namespace limen {
namespace {

Json parse_one(std::string_view text) {
  auto documents = parse_yaml(text);
  EXPECT_EQ(documents.size(), 1u) << text;
  if (documents.empty()) return {};
  EXPECT_FALSE(documents[0].problem) << documents[0].problem->message;
  return std::move(documents[0].value);
}

Problem problem_of(std::string_view text, size_t index = 0) {
  auto documents = parse_yaml(text);
  if (documents.size() <= index || !documents[index].problem) return {};
  return *documents[index].problem;
}

TEST(Yaml, ReadsScalarsAsYaml12Does) {
  const Json value = parse_one(
      "a: 1\nb: '1'\nc: 1.5\nd: true\ne: yes\nf: null\ng: 0x10\nh: 1e3\ni: -7\nj: 99999999999999999999\nk: 1.2.3.4\nl:\n");
  EXPECT_EQ(value.find("a")->as_integer(), 1);
  EXPECT_EQ(value.find("b")->as_string(), "1");
  EXPECT_EQ(value.find("c")->as_double(), 1.5);
  EXPECT_TRUE(value.find("d")->as_bool());
  EXPECT_EQ(value.find("e")->as_string(), "yes");
  EXPECT_TRUE(value.find("f")->is_null());
  EXPECT_EQ(value.find("g")->as_integer(), 16);
  EXPECT_EQ(value.find("h")->as_double(), 1000);
  EXPECT_EQ(value.find("i")->as_integer(), -7);
  EXPECT_EQ(value.find("j")->as_double(), 1e20);
  EXPECT_EQ(value.find("k")->as_string(), "1.2.3.4");
  EXPECT_TRUE(value.find("l")->is_null());
}

TEST(Yaml, KnowsTheLine) {
  const Json value = parse_one(
      "\xEF\xBB\xBF"
      "a:\r\n  b:\r\n  - c\r\n  - d: 1\r\n");
  EXPECT_EQ(value.find("a")->find("b")->as_array()[1].find("d")->line(), 4);
}

TEST(Yaml, ABrokenDocumentHidesNoOther) {
  const auto documents = parse_yaml("a: 1\n---\nb: [\n---\nc: 3\n");
  ASSERT_EQ(documents.size(), 3u);
  EXPECT_FALSE(documents[0].problem);
  ASSERT_TRUE(documents[1].problem);
  EXPECT_EQ(documents[1].problem->reason, "InvalidYAML");
  EXPECT_GE(documents[1].problem->line, 3);
  EXPECT_EQ(documents[2].value.find("c")->as_integer(), 3);
  EXPECT_EQ(documents[2].line, 4);
}

TEST(Yaml, ADirectiveBelongsToTheDocumentBehindIt) {
  const auto documents = parse_yaml("%YAML 1.1\n---\na: 1\n---\nb: 2\n");
  ASSERT_EQ(documents.size(), 2u);
  EXPECT_FALSE(documents[0].problem);
  EXPECT_EQ(to_json(documents[1].value), R"({"b":2})");
}

// libyaml tells bytes that are no UTF-8 by their offset, and an open quote at the text's end.
TEST(Yaml, SaysTheLineOfTheMistakeAndAWayOut) {
  const auto line_of = [](std::string_view text, std::string_view advice) {
    const auto documents = parse_yaml(text);
    const auto& problem = documents.back().problem;
    EXPECT_TRUE(problem && problem->message.find(advice) != std::string::npos) << text;
    return problem ? problem->line : 0;
  };
  EXPECT_EQ(line_of("---\na: 1\n---\nb: 1\nc: \xff\nd: 1\n", "save the file as UTF-8"), 5);
  EXPECT_EQ(line_of("a: 1\nb: \"c\nd: 1\n", "quote that opens here"), 2);
  EXPECT_EQ(line_of("a:\n  b: 1\n   c: 1\n", "mend the indentation"), 3);
  EXPECT_EQ(line_of("a:\n\tb: 1\n", "a tab cannot indent"), 2);
  EXPECT_EQ(line_of("a: [1,\nb: {c\n", "'{' of line 2"), 3);
}

TEST(Yaml, RefusesWhatItCannotKeep) {
  EXPECT_EQ(problem_of("a: 1\nb: 2\na: 3\n").reason, "DuplicateKey");
  EXPECT_EQ(problem_of("a: 1\nb: 2\na: 3\n").line, 3);
  EXPECT_EQ(problem_of(std::string_view("a\0b", 3)).reason, "InvalidYAML");
  EXPECT_EQ(problem_of("a: *nobody").reason, "InvalidYAML");
  EXPECT_EQ(problem_of("<<: {a: 1}").reason, "InvalidYAML");
  EXPECT_EQ(problem_of("\x80\x81").reason, "InvalidYAML");
  EXPECT_EQ(problem_of(std::string(5000, '[')).reason, "InvalidYAML");
  std::string many;
  for (int i = 0; i < 40; ++i) many += "k" + std::to_string(i) + ": 1\n";
  EXPECT_EQ(problem_of(many + "k7: 2\n").line, 41);
}

TEST(Yaml, AliasesAreBounded) {
  EXPECT_EQ(parse_one("a: &x [1, 2]\nb: *x\n").find("b")->as_array().size(), 2u);
  std::string bomb = "a0: &a0 [x,x,x,x,x,x,x,x,x,x]\n";
  for (int i = 1; i < 12; ++i) {
    const std::string before = "*a" + std::to_string(i - 1);
    bomb += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [";
    for (int j = 0; j < 10; ++j) bomb += before + ",";
    bomb += "]\n";
  }
  EXPECT_EQ(problem_of(bomb).reason, "InvalidYAML");
}

TEST(Yaml, WhatIsPrintedIsReadBack) {
  const std::string text =
      "a: [1, 2.5, '3', true, 'true', null, '', ' x', 'a: b', '#', \"tab\\t\", \"two\\nlines\\n\", '- x', 'no']\n"
      "b: {c: {}, d: [], e: [[1, [2]], {f: 1, g: [h]}]}\n'1': x\n";
  const Json value = parse_one(text);
  EXPECT_EQ(parse_one(to_yaml(value)), value) << to_yaml(value);
  EXPECT_EQ(parse_one(to_json(value)), value);
  EXPECT_EQ(parse_one(to_json(value, 2)), value);
}

// Found by fuzzing.
TEST(Yaml, OddTextsComeBackTheSame) {
  for (const char* text : {"... or so", "---", "1e999", "\xEF\xBB\xBF",
                           "a\xC2\x85"
                           "b",
                           "a\xE2\x80\xA8"
                           "b\n",
                           "\xE2\x80\xA9", "\t(\n-\n"}) {
    Json value;
    value.set("k", text);
    EXPECT_EQ(parse_yaml(to_yaml(value)).at(0).value, value) << text;
    EXPECT_EQ(parse_yaml(to_json(value)).at(0).value, value) << text;
  }
}

}  // namespace
}  // namespace limen

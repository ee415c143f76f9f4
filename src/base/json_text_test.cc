#include "base/json_text.h"

#include <gmock/gmock.h>

namespace limen {
namespace {

TEST(JsonText, EveryKindOfValue) {
  const auto value = parse_json(R"( {"a": [1, -2.5, true, null, "x"], "b": {"c": {}}, "d": []} )");
  ASSERT_TRUE(value) << value.error().message;
  EXPECT_EQ(to_json(*value), R"({"a":[1,-2.5,true,null,"x"],"b":{"c":{}},"d":[]})");
  EXPECT_TRUE(value->find("a")->as_array()[0].is_integer());
}

TEST(JsonText, EscapesAndSurrogates) {
  const auto value = parse_json(R"(["\u003ca\u003e", "\ud83d\ude00", "\/\n\t", "é"])");
  ASSERT_TRUE(value) << value.error().message;
  const Json::Array& texts = value->as_array();
  EXPECT_EQ(texts[0].as_string(), "<a>");
  EXPECT_EQ(texts[1].as_string(), "\xF0\x9F\x98\x80");
  EXPECT_EQ(texts[2].as_string(), "/\n\t");
  EXPECT_EQ(texts[3].as_string(), "é");
}

TEST(JsonText, TheLastOfARepeatedKeyCounts) {
  const auto value = parse_json(R"({"b":1,"a":2,"b":3,"c":4,"b":5})");
  ASSERT_TRUE(value);
  EXPECT_EQ(to_json(*value), R"({"a":2,"c":4,"b":5})");
}

TEST(JsonText, WhatIsNoJson) {
  for (const char* text :
       {"", "{", "[1,]", "{\"a\"}", "nul", "1 2", "\"\\ud800\"", "[1]x", "1e999", "[-1e400]"})
    EXPECT_FALSE(parse_json(text)) << text;
  EXPECT_FALSE(parse_json(std::string(1000, '[') + std::string(1000, ']')));
  EXPECT_TRUE(parse_json(std::string(100, '[') + std::string(100, ']')));
}

TEST(JsonText, LongTextsInOnePiece) {
  const std::string text(100'000, 'x');
  const auto value = parse_json("{\"" + text + "\":\"" + text + "\\n" + text + "\"}");
  ASSERT_TRUE(value);
  EXPECT_EQ(value->as_object()[0].first, text);
  EXPECT_EQ(value->as_object()[0].second.as_string(), text + "\n" + text);
}

}  // namespace
}  // namespace limen

#include "base/json_text.h"

#include <gmock/gmock.h>

#include <cmath>
#include <random>

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

TEST(JsonText, NumbersComeBackToTheLastBit) {
  std::mt19937_64 random(1);
  for (int i = 0; i < 10'000; ++i) {
    const double value =
        std::ldexp(static_cast<double>(random()), static_cast<int>(random() % 200) - 100);
    const std::string text = to_json(Json(Json::Array{Json(value), Json(1)}));
    const auto back = parse_json(text);
    ASSERT_TRUE(back) << text;
    ASSERT_EQ(to_json(*back), text);
  }
  EXPECT_EQ(to_json(*parse_json("9.922337203685477e+22")), "9.922337203685477e+22");
  EXPECT_EQ(to_json(*parse_json("[1e-400, 18446744073709551615]")), "[0,1.8446744073709552e+19]");
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

#include "base/strings.h"

#include <gtest/gtest.h>

namespace limen {
namespace {

TEST(Strings, TimesHaveNothingAroundThem) {
  EXPECT_EQ(parse_time("1970-01-01T00:01:00Z"), 60);
  EXPECT_EQ(parse_time("1970-01-01T01:01:00.5+01:00"), 60);
  for (const char* text :
       {"", " ", "1970-01-01T00:01:00Z\n", " 1970-01-01T00:01:00Z", "1970-01-01"})
    EXPECT_FALSE(parse_time(text)) << text;
}

TEST(Strings, Base64) {
  EXPECT_EQ(encode_base64("a?>"), "YT8+");
  EXPECT_EQ(decode_base64("YT8+"), "a?>");
  EXPECT_EQ(encode_base64(""), "");
  EXPECT_EQ(decode_base64url("YT8-"), "a?>");
  EXPECT_EQ(decode_base64url("YQ"), "a");
  EXPECT_EQ(decode_base64url("Y Q!"), std::nullopt);
}

}  // namespace
}  // namespace limen

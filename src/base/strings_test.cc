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

}  // namespace
}  // namespace limen

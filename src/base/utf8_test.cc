#include "base/utf8.h"

#include <gtest/gtest.h>

namespace limen {
namespace {

TEST(Utf8, TakesWhatIsWellFormed) {
  for (const char* text : {"", "abc", "Grüße", "\u20ac", "\xED\x9F\xBF", "\xEF\xBF\xBF",
                           "\xF0\x90\x80\x80", "\xF4\x8F\xBF\xBF"})
    EXPECT_TRUE(is_utf8(text)) << text;
  EXPECT_TRUE(is_utf8(std::string_view("a\0b", 3)));
}

TEST(Utf8, RefusesTheRest) {
  for (const char* text :
       {"\x80", "\xC0\xAF", "\xC3", "\xE0\x9F\xBF", "\xED\xA0\x80", "\xE2\x82", "\xF0\x8F\xBF\xBF",
        "\xF4\x90\x80\x80", "\xF5\x80\x80\x80", "\xFF", "a\xC3(b"})
    EXPECT_FALSE(is_utf8(text));
}

}  // namespace
}  // namespace limen

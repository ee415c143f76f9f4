#include "base/url.h"

#include <gtest/gtest.h>

namespace limen {
namespace {

TEST(Url, Parts) {
  EXPECT_EQ(parse_url("https://Id.Example.com/realms/a?b=c/d"),
            (Url{true, "id.example.com", 443, "id.example.com", "/realms/a?b=c/d"}));
  EXPECT_EQ(parse_url("http://id:8080"), (Url{false, "id", 8080, "id:8080", "/"}));
  EXPECT_EQ(parse_url("HTTP://id:80?x=/"), (Url{false, "id", 80, "id", "/?x=/"}));
  EXPECT_EQ(parse_url("https://[::1]:8443/"), (Url{true, "::1", 8443, "[::1]:8443", "/"}));
}

TEST(Url, Addresses) {
  EXPECT_TRUE(parse_url("https://127.0.0.1/")->has_address());
  EXPECT_TRUE(parse_url("https://[::1]/")->has_address());
  EXPECT_FALSE(parse_url("https://a.1/")->has_address());
}

TEST(Url, WhatIsNone) {
  for (const char* text : {"",
                           "https:/a",
                           "ftp://a/",
                           "https://",
                           "https:///keys",
                           "https://a b/",
                           "https://a/\nb",
                           "https://u@a/",
                           "https://u:p@a/",
                           "https://a/#f",
                           "https://a:0/",
                           "https://a:65536/",
                           "https://a:/",
                           "https://a:x/",
                           "https://a:+1/",
                           "https://[::1",
                           "https://[a]/",
                           "https://[::1]x/",
                           "https://1.2.3/",
                           "https://1.2.3.400/",
                           "https://-a/",
                           "https://a..b/",
                           "https://a./",
                           "https://a%20b/",
                           "a.example.com"})
    EXPECT_EQ(parse_url(text), std::nullopt) << text;
  EXPECT_EQ(parse_url("https://" + std::string(64, 'a') + ".b/"), std::nullopt);
}

}  // namespace
}  // namespace limen

#include "http/url.h"

#include <gtest/gtest.h>

namespace limen::http {
namespace {

TEST(UrlTest, HasThePartsThatARequestNeeds) {
  EXPECT_EQ(*parse_url("https://Issuer.Example/a/b?c=d"),
            (Url{true, "issuer.example", 443, "/a/b?c=d"}));
  EXPECT_EQ(*parse_url("http://127.0.0.1:8080"), (Url{false, "127.0.0.1", 8080, "/"}));
  EXPECT_EQ(*parse_url("http://[::1]?q"), (Url{false, "::1", 80, "/?q"}));
}

TEST(UrlTest, NamesTheServerAsTheHostHeaderDoes) {
  EXPECT_EQ(parse_url("https://issuer.example:443/")->authority(), "issuer.example");
  EXPECT_EQ(parse_url("https://issuer.example:80/")->authority(), "issuer.example:80");
  EXPECT_EQ(parse_url("http://[::1]:8080/")->authority(), "[::1]:8080");
}

TEST(UrlTest, TellsAddressesFromNames) {
  EXPECT_TRUE(parse_url("https://10.0.0.1/")->has_address());
  EXPECT_TRUE(parse_url("https://[fe80::1]/")->has_address());
  EXPECT_FALSE(parse_url("https://10.example/")->has_address());
}

TEST(UrlTest, RefusesWhatIsNoServersUrl) {
  for (const char* text :
       {"", "issuer.example", "/path", "ftp://a/", "file:///etc/passwd", "https://", "https:///a",
        "https://a:0/", "https://a:65536/", "https://a:b/", "https://u@a/", "https://u:p@a/",
        "https://a/#b", "https://a b/", "https://a/\r\nx: y", "https://[::1/"}) {
    EXPECT_FALSE(parse_url(text)) << text;
  }
}

TEST(UrlTest, DoesNotRepeatAPassword) {
  EXPECT_EQ(parse_url("https://ann:secret@a/").error().message.find("secret"), std::string::npos);
}

}  // namespace
}  // namespace limen::http

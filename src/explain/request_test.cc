#include "explain/request.h"

#include <gtest/gtest.h>

namespace limen::explain {
namespace {

TEST(Request, ReadsUrlsAsPeopleWriteThem) {
  const Result<Request> request =
      make_request("HTTPS://user@Shop.example.com:8443/a/./b/../c?q=1#top", "GET", {});
  ASSERT_TRUE(request);
  EXPECT_TRUE(request->https);
  EXPECT_EQ(request->host, "shop.example.com");
  EXPECT_EQ(request->port, 8443);
  EXPECT_EQ(request->path, "/a/c");
  EXPECT_EQ(request->query, "q=1");
}

TEST(Request, FillsInWhatIsLeftOut) {
  const Result<Request> request = make_request("shop.example.com", "GET", {"Host: other.test:80"});
  ASSERT_TRUE(request);
  EXPECT_FALSE(request->https);
  EXPECT_EQ(request->port, 80);
  EXPECT_EQ(request->path, "/");
  EXPECT_EQ(request->host, "other.test");
}

TEST(Request, DotSegmentsNeverLeaveTheRoot) {
  EXPECT_EQ(make_request("http://a/../../x", "GET", {})->path, "/x");
  EXPECT_EQ(make_request("http://a/x/..", "GET", {})->path, "/");
  EXPECT_EQ(make_request("http://a/x/.", "GET", {})->path, "/x/");
}

TEST(Request, SaysWhatIsNoUrl) {
  for (const char* text : {"", "http://", "http://a b/", "http://a:port/", "ftp://a/"})
    EXPECT_FALSE(make_request(text, "GET", {})) << text;
}

}  // namespace
}  // namespace limen::explain

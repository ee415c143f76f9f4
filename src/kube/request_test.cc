#include "kube/request.h"

#include <gmock/gmock.h>

#include "base/json_text.h"

namespace limen::kube {
namespace {

const Resource kRoutes{"gateway.networking.k8s.io", "v1", "httproutes"};

TEST(Request, Paths) {
  EXPECT_EQ(kRoutes.path("shop", "cart"),
            "/apis/gateway.networking.k8s.io/v1/namespaces/shop/httproutes/cart");
  EXPECT_EQ(kRoutes.path(""), "/apis/gateway.networking.k8s.io/v1/httproutes");
  EXPECT_EQ((Resource{"", "v1", "namespaces"}).path("", "shop"), "/api/v1/namespaces/shop");
  EXPECT_EQ(query_escape("type!=a/b,c=d e~"), "type%21%3Da%2Fb%2Cc%3Dd%20e~");
}

TEST(Request, KindsOfWriting) {
  const Json object = *parse_json(R"({"a":1})");
  const Request applied = apply(kRoutes, "shop", "cart", object, "limen x");
  EXPECT_EQ(applied.method, "PATCH");
  EXPECT_EQ(applied.path, kRoutes.path("shop", "cart") + "?fieldManager=limen%20x&force=true");
  EXPECT_EQ(applied.content_type, "application/apply-patch+yaml");
  const Request patched = patch_status(kRoutes, "shop", "cart", object, "limen");
  EXPECT_EQ(patched.path, kRoutes.path("shop", "cart") + "/status?fieldManager=limen");
  EXPECT_EQ(patched.body, R"({"a":1})");
  EXPECT_EQ(create(kRoutes, "shop", object).path, kRoutes.path("shop"));
  EXPECT_EQ(replace(kRoutes, "shop", "cart", object).method, "PUT");
  EXPECT_EQ(remove(kRoutes, "shop", "cart").method, "DELETE");
}

TEST(Answer, ARefusalSaysWhatTheServerSays) {
  const Answer conflict = read_answer(
      409,
      R"({"kind":"Status","status":"Failure","reason":"Conflict","message":"it changed","code":409})");
  EXPECT_FALSE(conflict.ok());
  EXPECT_FALSE(conflict.is_temporary());
  EXPECT_EQ(conflict.reason, "Conflict");
  EXPECT_EQ(conflict.message, "HTTP status 409: it changed");
  EXPECT_EQ(read_answer(404, "404 page not found\n").message,
            "HTTP status 404: 404 page not found");
  EXPECT_TRUE(read_answer(503, "").is_temporary());
  EXPECT_TRUE(read_answer(429, "{}").is_temporary());
}

TEST(Answer, SuccessWithoutJsonIsNone) {
  EXPECT_TRUE(read_answer(200, R"({"kind":"List"})").ok());
  const Answer cut = read_answer(200, R"({"kind":"Li)");
  EXPECT_FALSE(cut.ok());
  EXPECT_EQ(cut.status, 0);
}

}  // namespace
}  // namespace limen::kube

#include "kube/token_reviews.h"

#include <gtest/gtest.h>

#include <optional>

#include "base/json_text.h"
#include "base/strings.h"

namespace limen::kube {
namespace {

using std::chrono::seconds;

constexpr char kAudience[] = "limen.limen-system.svc.cluster.local";

class TokenReviewsTest : public testing::Test {
 protected:
  // A token of that account that says so, which only the API server can believe.
  std::string token(const std::string& account, seconds life = seconds(3600)) {
    const auto expires = std::chrono::system_clock::to_time_t(now_ + life);
    std::string claims =
        encode_base64(to_json(Json::Object{{"exp", int64_t{expires}}, {"sub", account}}));
    while (claims.ends_with('=')) claims.pop_back();
    return "e30." + claims + ".c2ln";
  }
  std::string verdict(const std::string& token) {
    std::optional<TokenReviews::Verdict> verdict;
    reviews_->verify(token, [&](TokenReviews::Verdict it) {
      verdict = std::move(it);
      loop_.stop();
    });
    loop_.run();
    if (!*verdict) return verdict->error().message;
    return (*verdict)->name_space + "/" + (*verdict)->name;
  }
  Answer answer(const Request& request) {
    ++asked_;
    Answer result;
    if (!reachable_) {
      result.message = "no route";
      return result;
    }
    const Json review = *parse_json(request.body);
    EXPECT_EQ(request.path, "/apis/authentication.k8s.io/v1/tokenreviews");
    EXPECT_EQ(to_json(*review.find("spec")->find("audiences")),
              R"(["limen.limen-system.svc.cluster.local"])");
    const std::string_view token = review.find("spec")->text("token");
    const std::string claims = *decode_base64url(token.substr(4, token.rfind('.') - 4));
    const Json user = Json::Object{{"username", parse_json(claims)->text("sub")}};
    result.status = 201;
    result.body =
        Json::Object{{"status", accepts_ ? Json::Object{{"authenticated", true},
                                                        {"audiences", Json::Array{audience_}},
                                                        {"user", user}}
                                         : Json::Object{{"error", "invalid bearer token"}}}};
    return result;
  }

  EventLoop loop_;
  std::chrono::system_clock::time_point now_ = std::chrono::system_clock::now();
  bool reachable_ = true, accepts_ = true;
  std::string audience_ = kAudience;
  int asked_ = 0;
  std::shared_ptr<TokenReviews> reviews_ = [this] {
    TokenReviewSettings settings;
    settings.audience = kAudience;
    settings.now = [this] { return now_; };
    settings.most_remembered = 3;
    settings.most_waiting = 8;
    return std::make_shared<TokenReviews>(
        settings, loop_, [this](const Request& request, std::function<void(Answer)> done) {
          loop_.post([this, request, done = std::move(done)] { done(answer(request)); });
        });
  }();
};

TEST_F(TokenReviewsTest, AVerdictIsRememberedForAWhile) {
  const std::string web = token("system:serviceaccount:shop:web");
  EXPECT_EQ(verdict(web), "shop/web");
  EXPECT_EQ(verdict(web), "shop/web");
  EXPECT_EQ(asked_, 1);
  now_ += seconds(61);
  EXPECT_EQ(verdict(web), "shop/web");
  EXPECT_EQ(asked_, 2);
  now_ += seconds(61);
  accepts_ = false;
  EXPECT_EQ(verdict(web), "the API server refuses it: invalid bearer token");
  accepts_ = true;
  EXPECT_EQ(verdict(web), "the API server refuses it: invalid bearer token");
  now_ += seconds(11);
  EXPECT_EQ(verdict(web), "shop/web");
}

TEST_F(TokenReviewsTest, WithoutTheApiServerKnownTokensGoOnUntilTheyExpire) {
  const std::string web = token("system:serviceaccount:shop:web");
  EXPECT_EQ(verdict(web), "shop/web");
  reachable_ = false;
  now_ += seconds(1800);
  EXPECT_EQ(verdict(web), "shop/web");
  EXPECT_EQ(verdict(token("system:serviceaccount:shop:web", seconds(9))),
            "the API server cannot be asked about it now: no route");
  now_ += seconds(1801);
  EXPECT_EQ(verdict(web), "it has expired");
}

TEST_F(TokenReviewsTest, WhatIsNoTokenIsRefusedWithoutAsking) {
  for (const char* text : {"", "x", "a.b.c", "..", "e30.e30.e30", "e30.eyJleHAiOiJ4In0.x"})
    EXPECT_EQ(verdict(text), "it is not the token of a service account") << text;
  EXPECT_EQ(verdict(token("system:serviceaccount:shop:web", seconds(-1))), "it has expired");
  EXPECT_EQ(asked_, 0);
}

TEST_F(TokenReviewsTest, OtherAudiencesAndUsersAreRefused) {
  EXPECT_EQ(verdict(token("kubernetes-admin")), "it is not that of a service account");
  EXPECT_EQ(verdict(token("system:serviceaccount:shop")), "it is not that of a service account");
  audience_ = "https://kubernetes.default.svc";
  EXPECT_EQ(verdict(token("system:serviceaccount:shop:web")),
            "it is not for the audience limen.limen-system.svc.cluster.local");
}

TEST_F(TokenReviewsTest, WhoAsksAtTheSameTimeIsAnsweredTogether) {
  int answers = 0;
  for (int i = 0; i < 8; ++i) {
    reviews_->verify(token("system:serviceaccount:shop:web"), [&](const auto& it) {
      EXPECT_TRUE(it);
      if (++answers == 8) loop_.stop();
    });
  }
  loop_.run();
  EXPECT_EQ(asked_, 1);
}

TEST_F(TokenReviewsTest, NeitherTheQueueNorTheMemoryGrowsWithoutBound) {
  int refused = 0, answers = 0;
  for (int i = 0; i < 20; ++i) {
    reviews_->verify(token("system:serviceaccount:shop:web", seconds(100 + i)),
                     [&](const auto& it) {
                       if (!it) ++refused;
                       if (++answers == 20) loop_.stop();
                     });
  }
  loop_.run();
  EXPECT_EQ(refused, 12);
  EXPECT_EQ(asked_, 8);
  reachable_ = false;
  for (int i = 0; i < 20; ++i) verdict(token("system:serviceaccount:shop:web", seconds(100 + i)));
  EXPECT_EQ(asked_, 8 + 17) << "three were remembered";
}

}  // namespace
}  // namespace limen::kube

#include "infra/authority/cookie_secret.h"

#include <gtest/gtest.h>

#include "base/json_text.h"
#include "base/strings.h"

namespace limen::infra {
namespace {

// An API server that has one Secret or none, and two replicas that follow it.
class CookieSecretTest : public testing::Test {
 protected:
  struct Replica {
    std::unique_ptr<CookieSecret> secret;
    std::function<void(kube::Delivery)> take;
    std::string key;
  };

  void add_replica() {
    Replica& replica = *replicas_.emplace_back(std::make_unique<Replica>());
    replica.secret = std::make_unique<CookieSecret>(
        CookieSecretSettings{"limen-system", std::chrono::milliseconds(1)}, loop_,
        [this](const kube::Request& request, const auto& done) { create(request, done); },
        [&replica](const std::string& key) { replica.key = key; });
    kube::Follow follow = replica.secret->follow();
    EXPECT_EQ(follow.field_selector, "metadata.name=envoy-oidc-hmac");
    replica.take = std::move(follow.take);
  }

  void list(Replica& replica) {
    kube::Delivery delivery;
    delivery.list_begins = delivery.list_ends = true;
    if (!secret_.is_null()) delivery.events.push_back({false, secret_});
    replica.take(std::move(delivery));
  }

  void tell(bool deleted = false) {
    for (const auto& replica : replicas_) replica->take({false, {{deleted, secret_}}, false});
  }

  void create(const kube::Request& request, const std::function<void(kube::Answer)>& done) {
    loop_.post([this, request, done] {
      kube::Answer answer;
      answer.status = refuses_ > 0 ? 403 : secret_.is_null() ? 201 : 409;
      if (refuses_ > 0) --refuses_;
      if (answer.status == 201) answer.body = secret_ = *parse_json(request.body);
      done(answer);
      if (answer.status == 201) tell();
    });
  }

  void run() {
    loop_.after(std::chrono::milliseconds(30), [this] { loop_.stop(); });
    loop_.run();
  }

  void put(const std::string& key) {
    secret_ = Json::Object{{"data", Json::Object{{kCookieKey, encode_base64(key)}}}};
  }

  EventLoop loop_;
  Json secret_;
  int refuses_ = 0;
  std::vector<std::unique_ptr<Replica>> replicas_;
};

TEST_F(CookieSecretTest, IsMadeOnceAndSharedByAll) {
  for (int i = 0; i < 2; ++i) add_replica();
  for (const auto& replica : replicas_) list(*replica);
  run();
  EXPECT_EQ(replicas_[0]->key.size(), 32u);
  EXPECT_EQ(replicas_[0]->key, replicas_[1]->key);
  EXPECT_NE(replicas_[0]->key, make_cookie_key());
}

TEST_F(CookieSecretTest, WhatIsThereIsUsed) {
  put("0123456789abcdef");
  add_replica();
  list(*replicas_[0]);
  run();
  EXPECT_EQ(replicas_[0]->key, "0123456789abcdef");
}

TEST_F(CookieSecretTest, WhatCannotBeUsedIsLeftAndTheLastGoodOneStays) {
  put("short");
  add_replica();
  list(*replicas_[0]);
  run();
  EXPECT_EQ(replicas_[0]->key, "");
  put("0123456789abcdef");
  tell();
  EXPECT_EQ(replicas_[0]->key, "0123456789abcdef");
  put("short");
  tell();
  run();
  EXPECT_EQ(replicas_[0]->key, "0123456789abcdef");
  EXPECT_EQ(secret_.find("data")->text(kCookieKey), encode_base64("short"));
}

TEST_F(CookieSecretTest, IsMadeAnewWhenItIsDeletedAndTriedAgainWhenRefused) {
  add_replica();
  refuses_ = 2;
  list(*replicas_[0]);
  run();
  const std::string first = replicas_[0]->key;
  EXPECT_EQ(first.size(), 32u);
  secret_ = Json();
  tell(true);
  run();
  EXPECT_EQ(replicas_[0]->key.size(), 32u);
  EXPECT_NE(replicas_[0]->key, first);
}

}  // namespace
}  // namespace limen::infra

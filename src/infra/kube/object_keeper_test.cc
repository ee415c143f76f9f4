#include "infra/kube/object_keeper.h"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include "base/json_text.h"

namespace limen::infra {
namespace {

using std::chrono::milliseconds;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

const ObjectId kId{ObjectKind::kService, "limen-system", "envoy"};

Json object(const char* selector) {
  return Json::Object{{"metadata", Json::Object{{"name", "envoy"}}},
                      {"spec", Json::Object{{"selector", selector}}}};
}

// One object of an API server, which adds something of its own to what is applied.
class ObjectKeeperTest : public testing::Test {
 protected:
  ObjectKeeperTest() { keeper_.set_active(true); }

  static ObjectKeeperSettings settings() {
    ObjectKeeperSettings settings;
    settings.spacing = milliseconds(20);
    settings.backoff = {milliseconds(5), milliseconds(10)};
    settings.patience = milliseconds(50);
    return settings;
  }

  void answer(const kube::Request& request, const std::function<void(kube::Answer)>& done) {
    methods_.push_back(request.method);
    kube::Answer answer;
    answer.status = refusal_;
    answer.message = fmt::format("HTTP status {}: no", refusal_);
    if (refusal_ == 200 && request.method == "PATCH") {
      stored_ = *parse_json(request.body);
      stored_.find("spec")->set("clusterIP", "10.96.0.1");
      answer.body = stored_;
    }
    if (refusal_ == 200 && request.method == "DELETE") stored_ = Json();
    loop_.post([this, done, answer] {
      done(answer);
      if (refusal_ == 200) keeper_.see(kId, stored_.is_null() ? nullptr : &stored_);
    });
  }

  // Until nothing happens any more.
  void settle() {
    loop_.after(milliseconds(100), [this] { loop_.stop(); });
    loop_.run();
  }

  EventLoop loop_;
  Json stored_;
  int refusal_ = 200;
  std::vector<std::string> methods_;
  int troubled_ = 0;
  ObjectKeeper keeper_{
      settings(), loop_,
      [this](const kube::Request& request, const std::function<void(kube::Answer)>& done) {
        answer(request, done);
      },
      [this](const ObjectId&) { ++troubled_; }};
};

TEST_F(ObjectKeeperTest, WhatTheApiServerAddsIsNoChange) {
  keeper_.want(kId, object("a"));
  settle();
  keeper_.want(kId, object("a"));
  settle();
  EXPECT_THAT(methods_, ElementsAre("PATCH"));
  keeper_.want(kId, object("b"));
  settle();
  EXPECT_THAT(methods_, ElementsAre("PATCH", "PATCH"));
}

TEST_F(ObjectKeeperTest, WhatOthersChangeIsChangedBack) {
  keeper_.want(kId, object("a"));
  settle();
  stored_.find("spec")->set("selector", "theirs");
  keeper_.see(kId, &stored_);
  settle();
  EXPECT_EQ(stored_.find("spec")->text("selector"), "a");
  keeper_.see(kId, nullptr);  // deleted
  settle();
  EXPECT_THAT(methods_, ElementsAre("PATCH", "PATCH", "PATCH"));
}

TEST_F(ObjectKeeperTest, StatusAndVersionsAreNoChange) {
  keeper_.want(kId, object("a"));
  settle();
  stored_.set("status", Json::Object{{"replicas", 1}});
  stored_.find("metadata")->set("resourceVersion", "7");
  stored_.find("metadata")->set("managedFields", Json::Array{"x"});
  keeper_.see(kId, &stored_);
  settle();
  EXPECT_THAT(methods_, ElementsAre("PATCH"));
}

TEST_F(ObjectKeeperTest, IsRemovedIfItIsThere) {
  keeper_.remove(kId);
  settle();
  EXPECT_THAT(methods_, IsEmpty());
  keeper_.want(kId, object("a"));
  settle();
  keeper_.remove(kId);
  settle();
  EXPECT_THAT(methods_, ElementsAre("PATCH", "DELETE"));
  EXPECT_TRUE(stored_.is_null());
}

TEST_F(ObjectKeeperTest, ARefusalIsToldAndTriedAgain) {
  refusal_ = 422;
  keeper_.want(kId, object("a"));
  settle();
  EXPECT_EQ(keeper_.trouble(kId), "Service limen-system/envoy: HTTP status 422: no");
  EXPECT_EQ(troubled_, 1);
  EXPECT_GT(methods_.size(), 2u);
  refusal_ = 200;
  settle();
  EXPECT_EQ(keeper_.trouble(kId), "");
  EXPECT_EQ(troubled_, 2);
}

TEST_F(ObjectKeeperTest, WhatIsRefusedForTheTimeBeingIsToldWhenItLasts) {
  refusal_ = 503;
  keeper_.want(kId, object("a"));
  EXPECT_EQ(troubled_, 0);
  for (int i = 0; i < 100 && troubled_ == 0; ++i) settle();
  EXPECT_EQ(keeper_.trouble(kId), "Service limen-system/envoy: HTTP status 503: no");
  refusal_ = 200;
  for (int i = 0; i < 100 && troubled_ == 1; ++i) settle();
  EXPECT_EQ(keeper_.trouble(kId), "");
}

TEST_F(ObjectKeeperTest, OnlyTheLeaderWrites) {
  keeper_.set_active(false);
  keeper_.want(kId, object("a"));
  settle();
  EXPECT_THAT(methods_, IsEmpty());
  keeper_.set_active(true);
  settle();
  EXPECT_THAT(methods_, ElementsAre("PATCH"));
}

}  // namespace
}  // namespace limen::infra

#include "providers/kube/status_writer.h"

#include <gmock/gmock.h>

#include "base/json_text.h"

namespace limen::providers {
namespace {

using std::chrono::milliseconds;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr char kController[] = "limen.test/c";
const api::ObjectKey kKey{"default", "web"};

class StatusWriterTest : public testing::Test {
 protected:
  StatusWriterTest() { writer_.set_active(true); }

  // The API server has the Gateway, or a route, with such a status.
  void see(api::Kind kind, const std::string& status, bool of_use = true) {
    const Json object = *parse_json(
        R"({"apiVersion":"gateway.networking.k8s.io/v1","metadata":{"resourceVersion":"1"},"status":)" +
        status + "}");
    writer_.see({api::info(kind), kKey, &object, of_use});
  }

  void want(int routes) {
    api::GatewayStatus status;
    status.listeners.emplace_back().attached_routes = routes;
    status.conditions.emplace_back().type = "Accepted";
    writer_.want({api::Kind::kGateway, kKey, std::make_shared<const api::GatewayStatus>(status)});
    writer_.settle();
  }

  void run_for(milliseconds time) {
    loop_.after(time, [this] { loop_.stop(); });
    loop_.run();
  }

  // The API server takes every write, and answers with what it is now.
  void answer(const kube::Request& request, const std::function<void(kube::Answer)>& done) {
    written_.push_back(request.body);
    kube::Answer answer;
    answer.status = 200;
    answer.body = *parse_json(request.body);
    answer.body.find("metadata")->set("resourceVersion", std::to_string(written_.size() + 1));
    loop_.post([done, answer] { done(answer); });
  }

  EventLoop loop_;
  std::vector<std::string> written_;
  StatusWriter writer_{{.controller = kController,
                        .manager = "limen",
                        .spacing = milliseconds(20),
                        .longest_spacing = milliseconds(160),
                        .rate = 1000,
                        .burst = 1000,
                        .at_once = 8,
                        .backoff = {}},
                       loop_,
                       [this](const kube::Request& request,
                              std::function<void(kube::Answer)> done) { answer(request, done); }};
};

TEST_F(StatusWriterTest, WhatGoesOnChangingIsWrittenMoreAndMoreRarely) {
  see(api::Kind::kGateway, "{}");
  const auto begin = EventLoop::Clock::now();
  int routes = 0;
  std::function<void()> add = [&] {
    want(++routes);
    if (routes < 200) loop_.after(milliseconds(5), add);
  };
  add();
  while (routes < 200) run_for(milliseconds(20));
  run_for(milliseconds(200));
  EXPECT_THAT(written_.back(), HasSubstr(R"("attachedRoutes":200)"));
  EXPECT_GE(written_.size(), 4u);
  const auto most = 6 + (EventLoop::Clock::now() - begin) / milliseconds(160);
  EXPECT_LE(written_.size(), static_cast<size_t>(most));

  run_for(milliseconds(400));
  const size_t before = written_.size();
  want(201);
  run_for(milliseconds(10));
  EXPECT_EQ(written_.size(), before + 1) << "after a pause at once";
}

TEST_F(StatusWriterTest, ARefusalIsWrittenAndTakenBack) {
  see(api::Kind::kGateway, "{}");
  Refusal refusal;
  refusal.message = "spec.x: no";
  writer_.refuse(api::Kind::kGateway, kKey, &refusal);
  want(1);
  run_for(milliseconds(50));
  ASSERT_EQ(written_.size(), 1u);
  EXPECT_THAT(written_[0], HasSubstr(R"("status":"False")"));
  EXPECT_THAT(written_[0], HasSubstr("spec.x: no"));
  writer_.refuse(api::Kind::kGateway, kKey, nullptr);
  writer_.settle();
  run_for(milliseconds(50));
  ASSERT_EQ(written_.size(), 2u);
  EXPECT_THAT(written_[1], testing::Not(HasSubstr("spec.x: no")));
}

TEST_F(StatusWriterTest, OfWhatIsOfNoUseOnlyEntriesOfOursAreTakenAway) {
  see(api::Kind::kHttpRoute, R"({"parents":[{"controllerName":"other","conditions":[]}]})", false);
  writer_.settle();
  run_for(milliseconds(50));
  EXPECT_THAT(written_, IsEmpty());
  see(api::Kind::kHttpRoute,
      R"({"parents":[{"controllerName":"other","conditions":[]},{"controllerName":"limen.test/c"}]})",
      false);
  writer_.settle();
  run_for(milliseconds(50));
  ASSERT_EQ(written_.size(), 1u);
  EXPECT_THAT(written_[0],
              HasSubstr(R"({"parents":[{"controllerName":"other","conditions":[]}]})"));
}

}  // namespace
}  // namespace limen::providers

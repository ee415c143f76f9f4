#include "infra/kube/kube.h"

#include <gmock/gmock.h>

namespace limen::infra {
namespace {

using std::chrono::milliseconds;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

Json deployment(const char* proxy) {
  Json metadata = Json::Object{
      {"name", "envoy"},
      {"namespace", "limen-system"},
      {"labels", Json::Object{{kManagedByLabel, kManager}, {kInstanceLabel, "limen-system"}}},
      {"annotations", Json::Object{{kProxyAnnotation, proxy}}}};
  return Json::Object{{"metadata", std::move(metadata)}, {"spec", Json::Object{}}};
}

class KubeTest : public testing::Test {
 protected:
  KubeTest() {
    KubeSettings settings;
    settings.render.name_space = "limen-system";
    settings.doubt = milliseconds(100);
    settings.files = [](const ProxyPlan&) { return ConfigFiles{{kBootstrapName, "{}"}}; };
    settings.credentials = [](const ProxyPlan&, const auto&) {
      return std::optional(Credentials{"CERT", "KEY", "CA"});
    };
    settings.on_synced = [this] { synced_ = true; };
    settings.on_state = [this](const KubeProxyState& state) { states_.push_back(state); };
    kube_ = std::make_unique<Kube>(
        std::move(settings), loop_,
        [this](const kube::Request& request, const std::function<void(kube::Answer)>& done) {
          methods_.push_back(request.method);
          loop_.post([done] {
            kube::Answer answer;
            answer.status = 404;
            done(answer);
          });
        });
  }

  // Tells of one Deployment, and of nothing else.
  void list(const char* proxy) {
    for (kube::Follow& follow : kube_->follows()) {
      kube::Delivery delivery;
      delivery.list_begins = delivery.list_ends = true;
      if (follow.kind == "Deployment") delivery.events.push_back({false, deployment(proxy)});
      follow.take(std::move(delivery));
    }
  }

  void run_for(milliseconds time) {
    loop_.after(time, [this] { loop_.stop(); });
    loop_.run();
  }

  EventLoop loop_;
  bool synced_ = false;
  std::vector<std::string> methods_;
  std::vector<KubeProxyState> states_;
  std::unique_ptr<Kube> kube_;
};

TEST_F(KubeTest, ThatNoGatewayIsLeftIsNotBelievedAtOnce) {
  list("default/web");
  EXPECT_TRUE(synced_);
  kube_->know_all_plans();
  kube_->set_active(true);
  run_for(milliseconds(20));
  EXPECT_THAT(methods_, IsEmpty());
  run_for(milliseconds(200));
  EXPECT_THAT(methods_, ElementsAre("DELETE"));
}

TEST_F(KubeTest, WhatNoPlanWantsGoes) {
  list("default/old");
  auto plan = std::make_shared<ProxyPlan>();
  plan->proxy = "default/web";
  kube_->apply({"default/web", plan});
  kube_->know_all_plans();
  kube_->set_active(true);
  run_for(milliseconds(20));
  EXPECT_THAT(methods_, ElementsAre("DELETE"));
}

TEST_F(KubeTest, AGatewayWhoseListenersAreAllInvalidKeepsWhatItHas) {
  list("default/web");
  auto plan = std::make_shared<ProxyPlan>();
  plan->proxy = "default/web";
  kube_->apply({"default/web", plan});
  kube_->know_all_plans();
  kube_->set_active(true);
  run_for(milliseconds(200));
  EXPECT_THAT(methods_, IsEmpty());
}

}  // namespace
}  // namespace limen::infra

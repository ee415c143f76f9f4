#include "providers/kube/cluster.h"

#include <gmock/gmock.h>

#include "api/objects.h"
#include "base/json_text.h"

namespace limen::providers {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

constexpr char kBackends[] = "backends";

constexpr char kClass[] =
    R"({"apiVersion":"gateway.networking.k8s.io/v1","kind":"GatewayClass","metadata":{"name":"limen"},)"
    R"("spec":{"controllerName":"limen.test/c"}})";

class ClusterTest : public testing::Test {
 protected:
  void SetUp() override { cluster_.start(); }

  // Everything is listed, and nothing is there but a GatewayClass of ours.
  void sync() {
    for (size_t i = 0; i < follows_.size(); ++i) {
      kube::Delivery list{true, {}, true};
      if (follows_[i].kind == "GatewayClass") list.events.push_back({false, *parse_json(kClass)});
      const auto take = follows_[i].take;  // more may be followed meanwhile
      take(std::move(list));
    }
    changes();
    seen_.clear();
  }

  kube::Follow& of(const std::string& plural) {
    for (auto& follow : follows_) {
      if (follow.resource.plural == plural) return follow;
    }
    ADD_FAILURE() << plural;
    return follows_[0];
  }

  // The watch tells of an object.
  void tell(const std::string& plural, Json object, bool deleted = false) {
    const auto take = of(plural).take;
    take({false, {{deleted, std::move(object)}}, false});
  }

  static Json gateway(const std::string& name, const std::string& secret,
                      const std::string& gateway_class = "limen") {
    return *parse_json(
        R"({"apiVersion":"gateway.networking.k8s.io/v1","kind":"Gateway","metadata":{"name":")" +
        name + R"(","namespace":"default"},"spec":{"gatewayClassName":")" + gateway_class +
        R"(","listeners":[{"name":"l","port":443,"protocol":"HTTPS","tls":{"certificateRefs":[)"
        R"({"name":")" +
        secret + R"("}]}}]}})");
  }

  static Json secret(const std::string& name, const std::string& value = "aGk=") {
    return *parse_json(R"({"apiVersion":"v1","kind":"Secret","metadata":{"name":")" + name +
                       R"(","namespace":"default"},"type":"Opaque","data":{"a":")" + value +
                       R"("}})");
  }

  static Json list_of(Json item) {
    Json list{Json::Object{}};
    list.set("items", Json::Array{std::move(item)});
    return list;
  }

  void answer(Json body) {
    ASSERT_FALSE(asked_.empty());
    auto done = std::move(asked_.front().second);
    asked_.erase(asked_.begin());
    kube::Answer answer;
    answer.status = 200;
    answer.body = std::move(body);
    done(std::move(answer));
  }

  static Json backend(const std::string& name, const std::string& ip,
                      const std::string& more = "") {
    return *parse_json(R"({"apiVersion":"gateway.envoyproxy.io/v1alpha1","kind":"Backend",)"
                       R"("metadata":{"name":")" +
                       name + R"(","namespace":"default","generation":1},)" +
                       R"("spec":{"endpoints":[{"ip":{"address":")" + ip + R"(","port":80}}]})" +
                       more + "}");
  }

  // "+default/a", "-default/b"
  std::vector<std::string> changes() {
    std::vector<std::string> result;
    for (const auto& change : cluster_.take_changes()) {
      const bool gone = std::holds_alternative<std::monostate>(change.object);
      result.push_back((gone ? "-" : "+") + change.key.text());
    }
    return result;
  }

  EventLoop loop_;
  std::vector<std::string> seen_;
  std::vector<kube::Follow> follows_;
  std::vector<std::pair<std::string, std::function<void(kube::Answer)>>> asked_;  // by path
  Cluster cluster_{{"limen.test/c", {}, {}},
                   loop_,
                   [this](const kube::Request& request, std::function<void(kube::Answer)> done) {
                     asked_.emplace_back(request.path, std::move(done));
                   },
                   {[this](kube::Follow follow) { follows_.push_back(std::move(follow)); },
                    [this](const Sighting& it) {
                      seen_.push_back((it.object == nullptr ? "-" : "+") + it.key.text());
                    },
                    [](auto&&...) {}, [] {}}};
};

TEST_F(ClusterTest, SyncedWhenEveryKindWasListedOnce) {
  size_t listed = 0;
  for (; listed < follows_.size(); ++listed) {
    EXPECT_FALSE(cluster_.synced());
    kube::Follow& follow = follows_[listed];
    kube::Delivery page{true, {}, false};
    if (follow.kind == "GatewayClass") page.events.push_back({false, *parse_json(kClass)});
    const auto take = follow.take;
    take(std::move(page));
    take({false, {}, true});
  }
  EXPECT_EQ(listed, api::all_kinds().size());
  EXPECT_TRUE(cluster_.synced());
}

TEST_F(ClusterTest, WithoutAClassOfOursLittleIsFollowed) {
  EXPECT_EQ(follows_.size(), 2u);
  for (size_t i = 0; i < 2; ++i) follows_[i].take({true, {}, true});
  EXPECT_TRUE(cluster_.synced());
  EXPECT_EQ(follows_.size(), 2u);
  tell("gatewayclasses", *parse_json(kClass));
  EXPECT_GT(follows_.size(), 2u);
  EXPECT_FALSE(cluster_.synced());
}

TEST_F(ClusterTest, WhatNobodyNamesIsNotKept) {
  sync();
  tell("secrets", secret("a"));
  tell("gateways", gateway("foreign", "a", "other"));
  EXPECT_THAT(changes(), IsEmpty());
  EXPECT_EQ(cluster_.objects(), 1u) << "the class";
  EXPECT_TRUE(asked_.empty());
}

TEST_F(ClusterTest, WhatIsNamedLaterIsFetchedFirst) {
  sync();
  tell("secrets", secret("a"));
  tell("gateways", gateway("g", "a"));
  tell("backends", backend("b", "10.0.0.1"));
  EXPECT_THAT(changes(), ElementsAre("+default/b")) << "what names nothing need not wait";
  ASSERT_EQ(asked_.size(), 1u);
  EXPECT_EQ(asked_[0].first,
            "/api/v1/namespaces/default/secrets?limit=500&fieldSelector=metadata.name%3Da");
  answer(list_of(secret("a")));
  EXPECT_THAT(changes(), ElementsAre("+default/g", "+default/a"));
}

TEST_F(ClusterTest, AFetchGivesWayToWhatTheWatchTellsMeanwhile) {
  sync();
  tell("secrets", secret("a", "b2xk"));
  tell("gateways", gateway("g", "a"));
  tell("secrets", secret("a", "bmV3"));
  answer(list_of(secret("a", "b2xk")));
  const auto batch = cluster_.take_changes();
  ASSERT_EQ(batch.size(), 2u);
  EXPECT_EQ(std::get<std::shared_ptr<const api::Secret>>(batch[1].object)->data.at("a"), "bmV3");

  tell("secrets", secret("c"));
  tell("gateways", gateway("h", "c"));
  tell("secrets", secret("c"), true);
  answer(list_of(secret("c")));
  EXPECT_THAT(changes(), ElementsAre("+default/h")) << "it was deleted after the fetch began";
}

TEST_F(ClusterTest, AFetchThatAListOvertookIsRepeated) {
  sync();
  tell("secrets", secret("a"));
  tell("gateways", gateway("g", "a"));
  of("secrets").take({true, {}, true});
  answer(list_of(secret("a")));
  EXPECT_THAT(changes(), IsEmpty());
  answer(*parse_json(R"({"items":[]})"));
  EXPECT_THAT(changes(), ElementsAre("+default/g"));
}

TEST_F(ClusterTest, AFetchIsTriedAgain) {
  sync();
  tell("secrets", secret("a"));
  tell("gateways", gateway("g", "a"));
  auto done = std::move(asked_[0].second);
  asked_.clear();
  done({});
  EXPECT_THAT(changes(), IsEmpty());
  while (asked_.empty()) {
    loop_.after(std::chrono::milliseconds(20), [this] { loop_.stop(); });
    loop_.run();
  }
  answer(list_of(secret("a")));
  EXPECT_THAT(changes(), ElementsAre("+default/g", "+default/a"));
}

TEST_F(ClusterTest, WhatNobodyNamesAnyMoreGoesWithASweep) {
  sync();
  tell("gateways", gateway("g", "a"));
  tell("secrets", secret("a"));
  changes();
  tell("gateways", gateway("g", "b"));
  EXPECT_THAT(changes(), ElementsAre("+default/g"));
  cluster_.sweep();
  EXPECT_THAT(changes(), ElementsAre("-default/a"));
  tell("gateways", gateway("g", "a"));
  EXPECT_EQ(asked_.size(), 1u) << "it is known to be there";
}

TEST_F(ClusterTest, AListThatIsRepeatedTellsTheDifference) {
  sync();
  auto& follow = of(kBackends);
  follow.take(
      {false, {{false, backend("a", "10.0.0.1")}, {false, backend("b", "10.0.0.1")}}, false});
  EXPECT_THAT(changes(), ElementsAre("+default/a", "+default/b"));
  follow.take({true, {{false, backend("a", "10.0.0.1")}}, false});
  EXPECT_THAT(changes(), IsEmpty()) << "the list may go on";
  follow.take({true, {{false, backend("a", "10.0.0.2")}}, false});  // it failed, and begins anew
  follow.take({false, {{false, backend("c", "10.0.0.1")}}, true});
  EXPECT_THAT(changes(), ElementsAre("+default/a", "+default/c", "-default/b"));
  follow.take({false, {{true, backend("a", "10.0.0.2")}}, false});
  EXPECT_THAT(changes(), ElementsAre("-default/a"));
  EXPECT_EQ(cluster_.objects(), 2u) << "c and the class";
}

TEST_F(ClusterTest, AStatusIsNoChange) {
  sync();
  auto& follow = of(kBackends);
  follow.take({false, {{false, backend("a", "10.0.0.1")}}, false});
  changes();
  seen_.clear();
  follow.take(
      {false, {{false, backend("a", "10.0.0.1", R"(,"status":{"conditions":[]})")}}, false});
  EXPECT_THAT(changes(), IsEmpty());
  EXPECT_THAT(seen_, ElementsAre("+default/a"));
}

TEST_F(ClusterTest, AMistakeLeavesTheLastGoodVersion) {
  sync();
  auto& follow = of(kBackends);
  follow.take({false, {{false, backend("a", "10.0.0.1")}}, false});
  changes();
  follow.take(
      {false, {{false, backend("a", "no address")}, {false, backend("b", "none either")}}, false});
  EXPECT_THAT(changes(), IsEmpty());
  const auto problems = cluster_.problems();
  ASSERT_EQ(problems.size(), 2u);
  EXPECT_EQ(problems[0].object, "Backend/default/a");
  EXPECT_THAT(problems[0].problem.path, testing::HasSubstr("spec.endpoints[0].ip.address"));
  follow.take({false, {{false, backend("a", "10.0.0.3")}, {true, backend("b", "")}}, false});
  EXPECT_THAT(changes(), ElementsAre("+default/a")) << "b never was in force";
  EXPECT_THAT(cluster_.problems(), IsEmpty());
}

TEST_F(ClusterTest, WhatIsRestoredStaysAsLongAsItIsListed) {
  sync();
  tell("gateways", gateway("g", "a"));
  tell("secrets", secret("a"));
  const auto before = cluster_.in_force();
  ASSERT_EQ(before.size(), 3u);
  EventLoop loop;
  std::vector<kube::Follow> follows;
  Cluster next({"limen.test/c", {}, {}}, loop,
               [](const kube::Request&, const std::function<void(kube::Answer)>&) {},
               {[&](kube::Follow follow) { follows.push_back(std::move(follow)); },
                [](const Sighting&) {}, [](auto&&...) {}, [] {}});
  for (const api::AnyObject& object : before) next.restore(api::emit_object(object));
  EXPECT_EQ(next.take_changes().size(), 3u);
  next.start();
  for (size_t i = 0; i < follows.size(); ++i) {
    EXPECT_FALSE(next.synced());
    kube::Delivery list{true, {}, true};
    if (follows[i].kind == "GatewayClass") list.events.push_back({false, *parse_json(kClass)});
    if (follows[i].kind == "Gateway") {
      EXPECT_EQ(follows[i].known, 1) << "an empty list would be doubted";
      list.events.push_back({false, gateway("g", "a")});
    }
    const auto take = follows[i].take;
    take(std::move(list));
  }
  const auto changes = next.take_changes();
  ASSERT_EQ(changes.size(), 1u);
  EXPECT_EQ(changes[0].kind, api::Kind::kSecret) << "deleted meanwhile";
}

TEST(Cluster, NamespacesRestrictKindsThatHaveThem) {
  EventLoop loop;
  std::vector<std::string> secrets, classes;
  std::vector<kube::Follow> follows;
  Cluster cluster({"limen.test/c", {"a", "b"}, {}}, loop,
                  [](const kube::Request&, const std::function<void(kube::Answer)>&) {},
                  {[&](kube::Follow follow) { follows.push_back(std::move(follow)); },
                   [](const Sighting&) {}, [](auto&&...) {}, [] {}});
  cluster.start();
  for (size_t i = 0; i < follows.size(); ++i) {
    kube::Delivery list{true, {}, true};
    if (follows[i].kind == "GatewayClass") list.events.push_back({false, *parse_json(kClass)});
    if (follows[i].kind == "Secret") secrets.push_back(follows[i].name_space);
    if (follows[i].kind == "GatewayClass") classes.push_back(follows[i].name_space);
    const auto take = follows[i].take;
    take(std::move(list));
  }
  EXPECT_THAT(secrets, ElementsAre("a", "b"));
  EXPECT_THAT(classes, ElementsAre(""));
}

}  // namespace
}  // namespace limen::providers

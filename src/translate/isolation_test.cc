// Plays an Envoy that refuses every route configuration with a certain word in it.
#include "translate/isolation.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <random>
#include <set>

#include "translate/test_objects.h"
#include "translate/translator.h"

namespace limen::translate {
namespace {

constexpr char kBad[] = "refuse-me";

class Refusing : public testing::Test {
 protected:
  Refusing() {
    apply({our_class(), gateway("listeners: [{name: http, port: 8080, protocol: HTTP}]"),
           some_backend()});
    converse();
  }

  static api::ObjectChange route(int id, const std::string& path) {
    return object(fmt::format(
        "{{apiVersion: gateway.networking.k8s.io/v1, kind: HTTPRoute, metadata: {{name: r{}}}, "
        "spec: {{parentRefs: [{{name: g}}], rules: [{{matches: [{{path: {{value: /r{}/{}}}}}], "
        "backendRefs: [{{group: gateway.envoyproxy.io, kind: Backend, name: b}}]}}]}}}}",
        id, id, path));
  }

  void apply(api::ChangeBatch changes) { take(translator_.apply({std::move(changes), {}, {}})); }

  void take(const Output& output) {
    for (const auto& change : output.resources) {
      if (change.type == xds::ResourceType::kRouteConfiguration) offered_ = change.resource;
    }
    for (const auto& change : output.statuses) {
      if (change.kind != api::Kind::kHttpRoute) continue;
      refused_.erase(change.key.name);
      if (change.gone()) continue;
      const auto& condition = std::get<std::shared_ptr<const api::RouteStatus>>(change.status)
                                  ->parents.at(0)
                                  .conditions.at(0);
      if (condition.reason == "UnsupportedValue") refused_[change.key.name] = condition.message;
    }
  }

  // Until Envoy has answered the last version; the number of versions it saw.
  int converse() {
    int versions = 0;
    while (offered_ != nullptr && offered_->hash != answered_) {
      ++versions;
      answered_ = offered_->hash;
      const std::string bytes = xds::serialise(*offered_);
      const bool bad = bytes.find(kBad) != std::string::npos;
      if (!bad) in_force_ = bytes;
      take(translator_.apply({{},
                              {{"default/g", xds::ResourceType::kRouteConfiguration,
                                "default/g/http", answered_, bad ? "a bad word" : ""}},
                              {}}));
    }
    return versions;
  }

  bool serves(const std::string& path) const { return in_force_.find(path) != std::string::npos; }

  Translator translator_{Options{}};
  xds::FragmentPtr offered_;
  uint64_t answered_ = 0;
  std::string in_force_;
  std::map<std::string, std::string> refused_;
};

TEST_F(Refusing, ABadEditKeepsTheLastGoodVersion) {
  apply({route(1, "good"), route(2, "good")});
  converse();
  apply({route(1, kBad)});
  EXPECT_EQ(converse(), 2);
  EXPECT_EQ(refused_["r1"],
            "Envoy refuses the route: a bad word; its last good version stays in force");
  EXPECT_TRUE(serves("/r1/good"));
  apply({route(2, "better")});
  converse();
  EXPECT_TRUE(serves("/r2/better"));
  apply({route(1, "mended")});
  converse();
  EXPECT_TRUE(refused_.empty());
  EXPECT_TRUE(serves("/r1/mended"));
}

TEST_F(Refusing, ANewBadRouteIsLeftOut) {
  apply({route(1, kBad)});
  converse();
  EXPECT_EQ(refused_["r1"], "Envoy refuses the route: a bad word; the route is left out");
}

TEST_F(Refusing, TheBadOneOfManyIsFound) {
  api::ChangeBatch all;
  for (int i = 0; i < 1000; ++i) all.push_back(route(i, i == 617 ? kBad : "good"));
  apply(std::move(all));
  EXPECT_LE(converse(), 25);
  EXPECT_EQ(refused_.size(), 1u);
  EXPECT_TRUE(refused_.contains("r617"));
  for (int i : {0, 616, 618, 999}) EXPECT_TRUE(serves(fmt::format("/r{}/good", i))) << i;
}

TEST_F(Refusing, AnEditDuringTheSearchIsTakenIn) {
  apply({route(1, "good"), route(2, kBad), route(3, "good")});
  answered_ = offered_->hash;  // the refusal is under way when the edit comes
  apply({route(4, "good")});
  converse();
  EXPECT_EQ(refused_.size(), 1u);
  for (int i : {1, 3, 4}) EXPECT_TRUE(serves(fmt::format("/r{}/good", i))) << i;
}

TEST_F(Refusing, AnOlderAcceptedVersionClearsItsRoutes) {
  apply({route(1, "good"), route(2, "good")});
  const uint64_t older = offered_->hash;
  apply({route(1, kBad)});
  take(translator_.apply(
      {{},
       {{"default/g", xds::ResourceType::kRouteConfiguration, "default/g/http", older, ""}},
       {}}));
  EXPECT_EQ(converse(), 2);
  EXPECT_EQ(refused_["r1"],
            "Envoy refuses the route: a bad word; its last good version stays in force");
}

TEST_F(Refusing, ManyVersionsWithoutAnAnswerLoseNoSuspect) {
  for (int i = 0; i < 100; ++i) apply({route(i, i == 3 ? kBad : "good")});
  converse();
  EXPECT_EQ(refused_.size(), 1u);
  EXPECT_TRUE(refused_.contains("r3"));
  EXPECT_TRUE(serves("/r99/good"));
}

TEST_F(Refusing, ADeletedRouteIsForgotten) {
  apply({route(1, kBad)});
  converse();
  apply({{api::Kind::kHttpRoute, {"default", "r1"}, {}}});
  converse();
  EXPECT_TRUE(refused_.empty());
  apply({route(1, "good")});
  converse();
  EXPECT_TRUE(serves("/r1/good"));
}

// Law: whatever the edits, in the end exactly the bad routes are refused and all others served.
TEST_F(Refusing, RandomEditsEndWithExactlyTheBadOnesRefused) {
  std::mt19937 random(7);
  std::map<int, bool> bad;
  for (int round = 0; round < 300; ++round) {
    api::ChangeBatch batch;
    for (size_t i = 0; i <= random() % 8; ++i) {
      const int id = static_cast<int>(random() % 20);
      bad[id] = random() % 5 == 0;
      batch.push_back(route(id, fmt::format("{}-{}", bad[id] ? kBad : "good", round)));
    }
    apply(std::move(batch));
    if (random() % 3 > 0) continue;  // more edits before Envoy answers
    converse();
    std::set<std::string> expected, actual;
    for (const auto& [id, is_bad] : bad) {
      if (is_bad) expected.insert(fmt::format("r{}", id));
      EXPECT_TRUE(is_bad || serves(fmt::format("/r{}/good", id))) << id << " in round " << round;
    }
    for (const auto& [name, message] : refused_) actual.insert(name);
    EXPECT_EQ(expected, actual) << "round " << round;
  }
}

}  // namespace
}  // namespace limen::translate

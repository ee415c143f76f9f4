#include "providers/kube/cluster.h"

#include <gmock/gmock.h>

#include "base/json_text.h"

namespace limen::providers {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

constexpr char kBackends[] = "backends";

class ClusterTest : public testing::Test {
 protected:
  // Everything is listed, and nothing is there.
  void sync() {
    for (auto& follow : follows_) follow.take({true, {}, true});
  }

  kube::Follow& of(const std::string& plural, const std::string& name_space = "") {
    for (auto& follow : follows_) {
      if (follow.resource.plural == plural && follow.name_space == name_space) return follow;
    }
    ADD_FAILURE() << plural;
    return follows_[0];
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

  std::vector<std::string> seen_;
  Cluster cluster_{{},
                   [this](const Sighting& it) {
                     seen_.push_back((it.object == nullptr ? "-" : "+") + it.key.text());
                   },
                   [] {}};
  std::vector<kube::Follow> follows_ = cluster_.follows();
};

TEST_F(ClusterTest, SyncedWhenEveryKindWasListedOnce) {
  EXPECT_EQ(follows_.size(), api::all_kinds().size());
  for (auto& follow : follows_) {
    EXPECT_FALSE(cluster_.synced());
    follow.take({true, {}, false});  // a page
    follow.take({false, {}, true});
  }
  EXPECT_TRUE(cluster_.synced());
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
  EXPECT_EQ(cluster_.objects(), 1u);
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

TEST(Cluster, NamespacesRestrictKindsThatHaveThem) {
  Cluster cluster(
      {{"a", "b"}}, [](const Sighting&) {}, [] {});
  std::vector<std::string> secrets, classes;
  for (const auto& follow : cluster.follows()) {
    if (follow.resource.plural == "secrets") secrets.push_back(follow.name_space);
    if (follow.resource.plural == "gatewayclasses") classes.push_back(follow.name_space);
  }
  EXPECT_THAT(secrets, ElementsAre("a", "b"));
  EXPECT_THAT(classes, ElementsAre(""));
}

}  // namespace
}  // namespace limen::providers

// What becomes of a policy that cannot be read: it closes, or stays as it was.
#include "providers/file/stand_in.h"

#include <gtest/gtest.h>

#include "providers/file/object_store.h"

namespace limen::providers {
namespace {

std::string policy(const std::string& spec) {
  return "apiVersion: gateway.envoyproxy.io/v1alpha1\nkind: SecurityPolicy\nmetadata: {name: p}\n"
         "spec: {" +
         spec + "}\n";
}

constexpr char kTarget[] =
    "targetRefs: [{group: gateway.networking.k8s.io, kind: HTTPRoute, name: r}]";
constexpr char kBroken[] = ", jwt: {providers: [{name: a, nonsense: 1}]}";

class StandInTest : public testing::Test {
 protected:
  // Of the only change; nullptr: the object is gone.
  std::shared_ptr<const api::SecurityPolicy> change() {
    const api::ChangeBatch changes = store_.take_changes();
    EXPECT_EQ(changes.size(), 1u);
    const auto* policy =
        changes.empty()
            ? nullptr
            : std::get_if<std::shared_ptr<const api::SecurityPolicy>>(&changes[0].object);
    return policy == nullptr ? nullptr : *policy;
  }
  void set(const std::string& spec) { store_.set_file("p.yaml", policy(spec)); }

  ObjectStore store_{[] { return int64_t{1}; }};
};

TEST_F(StandInTest, AFirstVersionThatIsBrokenClosesItsTargets) {
  set(std::string(kTarget) + kBroken);
  const auto closed = change();
  ASSERT_NE(closed, nullptr);
  EXPECT_TRUE(closed->is_stand_in);
  ASSERT_EQ(closed->spec.target_refs.size(), 1u);
  EXPECT_EQ(closed->spec.target_refs[0].name, "r");
  EXPECT_FALSE(store_.problems().empty());

  set(std::string("targetRefs: [{group: gateway.networking.k8s.io, kind: HTTPRoute, name: s}]") +
      kBroken);
  EXPECT_EQ(change()->spec.target_refs[0].name, "s");

  set(kTarget);
  EXPECT_FALSE(change()->is_stand_in);
}

TEST_F(StandInTest, WhatWasGoodStaysAsItWas) {
  set(kTarget);
  EXPECT_FALSE(change()->is_stand_in);
  set(std::string(kTarget) + kBroken);
  EXPECT_TRUE(store_.take_changes().empty());
}

TEST_F(StandInTest, GoesWithItsFile) {
  set(std::string(kTarget) + kBroken);
  EXPECT_TRUE(change()->is_stand_in);
  store_.set_file("p.yaml", "");
  EXPECT_EQ(change(), nullptr);
  store_.set_file("p.yaml", policy(std::string(kTarget) + kBroken) + "---\n{");
  EXPECT_TRUE(change()->is_stand_in);
  store_.set_file("p.yaml", "{");  // cannot be read at all: as before
  EXPECT_TRUE(store_.take_changes().empty());
  store_.remove_file("p.yaml");
  EXPECT_EQ(change(), nullptr);
}

TEST_F(StandInTest, WithoutReadableTargetsThereIsNothingToClose) {
  set(std::string("targetRefs: 7") + kBroken);
  EXPECT_TRUE(store_.take_changes().empty());
  EXPECT_FALSE(store_.problems().empty());
}

TEST_F(StandInTest, SoItIsWithClientTrafficPolicies) {
  store_.set_file("c.yaml",
                  "apiVersion: gateway.envoyproxy.io/v1alpha1\nkind: ClientTrafficPolicy\n"
                  "metadata: {name: c}\nspec: {targetRefs: [{group: gateway.networking.k8s.io, "
                  "kind: Gateway, name: g}], tls: {minVersion: \"1.4\"}}\n");
  const api::ChangeBatch changes = store_.take_changes();
  ASSERT_EQ(changes.size(), 1u);
  const auto* policy =
      std::get_if<std::shared_ptr<const api::ClientTrafficPolicy>>(&changes[0].object);
  ASSERT_NE(policy, nullptr);
  EXPECT_TRUE((*policy)->is_stand_in);
  EXPECT_FALSE((*policy)->spec.tls);
  EXPECT_EQ((*policy)->spec.target_refs.at(0).name, "g");
}

}  // namespace
}  // namespace limen::providers

#include "providers/kube/refusal.h"

#include <gmock/gmock.h>

#include "base/json_text.h"

namespace limen::providers {
namespace {

Json json(const std::string& text) { return *parse_json(text); }

const Problem kProblem{"Invalid", "spec.x", "must be less", 0};
constexpr char kCondition[] =
    R"({"type":"Accepted","status":"False","observedGeneration":4,"reason":"REASON",)"
    R"("message":"spec.x: must be less; the version before stays in force"})";

std::string condition(const std::string& reason) {
  std::string text = kCondition;
  return text.replace(text.find("REASON"), 6, reason);
}

Json refused(api::Kind kind, Json status, Json::Array parents = {}) {
  const Refusal refusal =
      refusal_of(json(R"({"metadata":{"generation":4}})"), {kProblem}, true, std::move(parents));
  return refused_status(kind, std::move(status), refusal, "limen.test/c");
}

TEST(Refusal, OfAGatewayLeavesItsOtherConditions) {
  EXPECT_EQ(refused(api::Kind::kGateway, json(R"({"conditions":[{"type":"Accepted","status":"True"},
                {"type":"Programmed","status":"True"}],"listeners":[]})")),
            json(R"({"conditions":[)" + condition("Invalid") +
                 R"(,{"type":"Programmed","status":"True"}],"listeners":[]})"));
  EXPECT_EQ(refused(api::Kind::kBackend, {}),
            json(R"({"conditions":[)" + condition("Invalid") + "]}"));
}

TEST(Refusal, OfARouteIsSaidToEachParentOfOurs) {
  const Json before =
      json(R"({"parents":[{"parentRef":{"group":"gateway.networking.k8s.io","name":"a"},
      "controllerName":"limen.test/c","conditions":[{"type":"ResolvedRefs","status":"True"}]}]})");
  EXPECT_EQ(
      refused(api::Kind::kHttpRoute, before,
              {json(R"({"name":"a"})"), json(R"({"name":"a","sectionName":"s"})")}),
      json(
          R"({"parents":[{"parentRef":{"group":"gateway.networking.k8s.io","name":"a"},
      "controllerName":"limen.test/c","conditions":[{"type":"ResolvedRefs","status":"True"},)" +
          condition("UnsupportedValue") +
          R"(]},{"parentRef":{"name":"a","sectionName":"s"},"controllerName":"limen.test/c","conditions":[)" +
          condition("UnsupportedValue") + "]}]}"));
}

TEST(Refusal, SaysHowManyMistakesThereAreAndWhatIsInForce) {
  const Refusal refusal = refusal_of(json("{}"), {kProblem, kProblem, kProblem}, false, {});
  EXPECT_EQ(refusal.message, "spec.x: must be less; and 2 more; it is not in force");
}

}  // namespace
}  // namespace limen::providers

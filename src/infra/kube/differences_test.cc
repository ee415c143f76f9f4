#include "infra/kube/differences.h"

#include <gtest/gtest.h>

#include "base/json_text.h"

namespace limen::infra {
namespace {

std::string between(const char* wanted, const char* actual) {
  return differences(*parse_json(wanted), *parse_json(actual));
}

TEST(Differences, ArePlaces) {
  EXPECT_EQ(between(R"({"a":1})", R"({"a":1,"b":2})"), "");
  EXPECT_EQ(between(R"({"spec":{"containers":[{"name":"envoy","image":"a"}],"x":[1]}})",
                    R"({"spec":{"containers":[{"name":"envoy","image":"b"}],"x":[2]}})"),
            "spec.containers[envoy].image, spec.x[0]");
  EXPECT_EQ(between(R"({"a":[1,2],"b":3})", R"({"a":[1]})"), "a, b");
  EXPECT_EQ(between(R"([1,2,3,4,5,6,7])", R"([0,0,0,0,0,0,0])"), "[0], [1], [2], [3], [4], ...");
}

}  // namespace
}  // namespace limen::infra

#include "infra/kube/strategic_merge.h"

#include <gtest/gtest.h>

#include "base/json_text.h"

namespace limen::infra {
namespace {

Json json(const char* text) {
  auto parsed = parse_json(text);
  EXPECT_TRUE(parsed) << text;
  return parsed ? *parsed : Json();
}

std::string merged(const char* object, const char* patch) {
  Json into = json(object);
  strategic_merge(into, json(patch));
  return to_json(into);
}

TEST(StrategicMerge, MembersAndNull) {
  EXPECT_EQ(
      merged(R"({"a":{"b":1,"c":2},"d":3})", R"({"a":{"b":4,"e":{"f":null,"g":5}},"d":null})"),
      R"({"a":{"b":4,"c":2,"e":{"g":5}}})");
}

TEST(StrategicMerge, ListsByTheirKey) {
  EXPECT_EQ(
      merged(
          R"({"containers":[{"name":"envoy","image":"a","env":[{"name":"X","value":"1"}]}]})",
          R"({"containers":[{"name":"envoy","env":[{"name":"Y","value":"2"},{"name":"X","value":"3"}]},{"name":"side"}]})"),
      R"({"containers":[{"name":"envoy","image":"a","env":[{"name":"X","value":"3"},{"name":"Y","value":"2"}]},{"name":"side"}]})");
  EXPECT_EQ(merged(R"({"ports":[{"name":"http-80","port":80,"targetPort":10080}]})",
                   R"({"ports":[{"port":80,"nodePort":30080}]})"),
            R"({"ports":[{"name":"http-80","port":80,"targetPort":10080,"nodePort":30080}]})");
}

TEST(StrategicMerge, OtherListsAreReplaced) {
  EXPECT_EQ(merged(R"({"tolerations":[{"key":"a"}],"args":["x","y"]})",
                   R"({"tolerations":[{"key":"b"}],"args":["z"]})"),
            R"({"tolerations":[{"key":"b"}],"args":["z"]})");
}

TEST(StrategicMerge, Directives) {
  EXPECT_EQ(merged(R"({"volumes":[{"name":"a"},{"name":"b"}]})",
                   R"({"volumes":[{"name":"a","$patch":"delete"}]})"),
            R"({"volumes":[{"name":"b"}]})");
  EXPECT_EQ(
      merged(R"({"volumes":[{"name":"a"}]})", R"({"volumes":[{"name":"c"},{"$patch":"replace"}]})"),
      R"({"volumes":[{"name":"c"}]})");
  EXPECT_EQ(merged(R"({"spec":{"a":1,"b":2}})", R"({"spec":{"$patch":"replace","c":3}})"),
            R"({"spec":{"c":3}})");
  EXPECT_EQ(
      merged(R"({"finalizers":["a","b"]})", R"({"$deleteFromPrimitiveList/finalizers":["a"]})"),
      R"({"finalizers":["b"]})");
  EXPECT_EQ(merged(R"({"a":{"b":1},"c":2})", R"({"a":{"$patch":"delete"}})"), R"({"c":2})");
}

TEST(JsonMerge, ReplacesLists) {
  Json into = json(R"({"containers":[{"name":"envoy"}],"a":{"b":1}})");
  json_merge(into, json(R"({"containers":[{"name":"x"}],"a":{"b":null,"c":2}})"));
  EXPECT_EQ(to_json(into), R"({"containers":[{"name":"x"}],"a":{"c":2}})");
}

}  // namespace
}  // namespace limen::infra

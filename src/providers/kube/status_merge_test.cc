#include "providers/kube/status_merge.h"

#include <gmock/gmock.h>

#include "base/json_text.h"

namespace limen::providers {
namespace {

constexpr char kUs[] = "limen.test/c", kNow[] = "2026-01-01T00:00:00Z";

Json json(const char* text) { return *parse_json(text); }
Json merge(const char* wanted, const char* current) {
  return merge_status(json(wanted), json(current), kUs, kNow);
}

constexpr char kOther[] =
    R"({"parentRef":{"name":"x"},"controllerName":"other","conditions":[{"type":"Accepted","status":"True","reason":"r","lastTransitionTime":"1"}]})";

TEST(StatusMerge, TimesStayAsLongAsTheStatusDoes) {
  const char* current =
      R"({"conditions":[{"type":"A","status":"True","reason":"r","lastTransitionTime":"then"},
                        {"type":"B","status":"True","reason":"r","lastTransitionTime":"then"}],
          "listeners":[{"name":"l","conditions":[{"type":"A","status":"False","reason":"r","lastTransitionTime":"earlier"}]}]})";
  const char* wanted =
      R"({"conditions":[{"type":"B","status":"False","reason":"r"},{"type":"A","status":"True","reason":"other"}],
          "listeners":[{"name":"k","conditions":[{"type":"A","status":"False","reason":"r"}]},
                       {"name":"l","conditions":[{"type":"A","status":"False","reason":"r"}]}]})";
  EXPECT_EQ(
      to_json(merge(wanted, current)),
      R"({"conditions":[{"type":"B","status":"False","reason":"r","lastTransitionTime":"2026-01-01T00:00:00Z"},)"
      R"({"type":"A","status":"True","reason":"other","lastTransitionTime":"then"}],)"
      R"("listeners":[{"name":"k","conditions":[{"type":"A","status":"False","reason":"r","lastTransitionTime":"2026-01-01T00:00:00Z"}]},)"
      R"({"name":"l","conditions":[{"type":"A","status":"False","reason":"r","lastTransitionTime":"earlier"}]}]})");
}

TEST(StatusMerge, EntriesOfOthersStay) {
  const std::string ours =
      R"({"parentRef":{"name":"a"},"controllerName":"limen.test/c","conditions":[]})";
  const std::string stale =
      R"({"parentRef":{"name":"b"},"controllerName":"limen.test/c","conditions":[]})";
  const std::string current = R"({"parents":[)" + stale + "," + kOther + "]}";
  EXPECT_EQ(to_json(merge((R"({"parents":[)" + ours + "]}").c_str(), current.c_str())),
            R"({"parents":[)" + std::string(kOther) + "," + ours + "]}");
  EXPECT_EQ(to_json(merge("null", current.c_str())),
            R"({"parents":[)" + std::string(kOther) + "]}");
  EXPECT_TRUE(has_entries_of(json(current.c_str()), kUs));
  EXPECT_FALSE(has_entries_of(json((R"({"parents":[)" + std::string(kOther) + "]}").c_str()), kUs));
}

TEST(StatusMerge, ConditionsOfOthersStay) {
  const char* current =
      R"({"conditions":[{"type":"test.io/C","status":"True","reason":"r","lastTransitionTime":"1"},
                        {"type":"Gone","status":"True","reason":"r","lastTransitionTime":"1"}],
          "listeners":[{"name":"l","conditions":[
            {"type":"test.io/L","status":"True","reason":"r","lastTransitionTime":"1"}]}]})";
  const char* wanted =
      R"({"conditions":[{"type":"A","status":"True","reason":"r"}],"listeners":[{"name":"l","conditions":[]}]})";
  const std::string merged =
      R"({"conditions":[{"type":"A","status":"True","reason":"r","lastTransitionTime":"2026-01-01T00:00:00Z"},)"
      R"({"type":"test.io/C","status":"True","reason":"r","lastTransitionTime":"1"}],)"
      R"("listeners":[{"name":"l","conditions":[{"type":"test.io/L","status":"True","reason":"r","lastTransitionTime":"1"}]}]})";
  EXPECT_EQ(to_json(merge(wanted, current)), merged);
  EXPECT_EQ(to_json(merge(wanted, merged.c_str())), merged);
}

TEST(StatusMerge, TheSameInAnotherOrderIsNoChange) {
  const char* current =
      R"({"parents":[{"parentRef":{"name":"b"},"controllerName":"limen.test/c","conditions":[]},
                     {"parentRef":{"name":"a"},"controllerName":"limen.test/c","conditions":[]}]})";
  const char* wanted =
      R"({"parents":[{"controllerName":"limen.test/c","parentRef":{"name":"a"},"conditions":[]},
                     {"controllerName":"limen.test/c","parentRef":{"name":"b"},"conditions":[]}]})";
  EXPECT_EQ(merge(wanted, current), json(current));
}

TEST(StatusMerge, NothingOfOursOnNothing) {
  EXPECT_EQ(to_json(merge("null", "null")), "{}");
  EXPECT_EQ(to_json(merge(R"({"parents":[]})", R"({"parents":[]})")), R"({"parents":[]})");
}

TEST(StatusMerge, APatchNamesWhatChangesAndWhatGoes) {
  EXPECT_EQ(to_json(patch_between(json(R"({"a":1,"b":2,"c":3})"), json(R"({"a":1,"b":4,"d":5})"))),
            R"({"b":4,"d":5,"c":null})");
  EXPECT_EQ(to_json(patch_between({}, json(R"({"a":1})"))), R"({"a":1})");
}

}  // namespace
}  // namespace limen::providers

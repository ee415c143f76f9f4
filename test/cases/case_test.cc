// Plays every *.case beside this file.
#include <gtest/gtest.h>

#include <filesystem>

#include "base/files.h"
#include "case.h"

namespace limen::cases {
namespace {

constexpr size_t kLargest = 1 << 20;

std::vector<std::string> case_files() {
  std::vector<std::string> files;
  for (const auto& entry : std::filesystem::directory_iterator(LIMEN_CASES)) {
    if (entry.path().extension() == ".case") files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());
  return files;
}

class Case : public testing::TestWithParam<std::string> {};

TEST_P(Case, Holds) {
  const Result<std::string> text = read_file(GetParam(), kLargest);
  ASSERT_TRUE(text) << text.error().message;
  for (const std::string& failure : play(*text)) ADD_FAILURE() << GetParam() << ": " << failure;
}

std::string name_of(const testing::TestParamInfo<std::string>& info) {
  return std::filesystem::path(info.param).stem();
}

INSTANTIATE_TEST_SUITE_P(All, Case, testing::ValuesIn(case_files()), name_of);

constexpr char kWorld[] = R"(
apiVersion: gateway.networking.k8s.io/v1
kind: GatewayClass
metadata: {name: ours}
spec: {controllerName: gateway.envoyproxy.io/gatewayclass-controller}
---
)";

TEST(CaseLanguage, SaysWhatDoesNotHold) {
  const std::string accepted =
      "expect: {status: {GatewayClass/ours: {conditions: {Accepted: {status: 'False'}}}}}";
  const auto failures = play(kWorld + accepted);
  ASSERT_EQ(failures.size(), 1u);
  EXPECT_NE(failures[0].find("conditions.Accepted.status: True, not False"), std::string::npos)
      << failures[0];
}

TEST(CaseLanguage, RefusesACaseThatExpectsNothing) { EXPECT_EQ(play(kWorld).size(), 1u); }

TEST(CaseLanguage, NamesWhatIsMissing) {
  EXPECT_NE(
      play(std::string(kWorld) + "expect: {status: {Gateway/default/g: {}}}")[0].find("is missing"),
      std::string::npos);
  EXPECT_TRUE(play(std::string(kWorld) + "expect: {status: {Gateway/default/g: null}}").empty());
}

}  // namespace
}  // namespace limen::cases

#include "translate/status/supported_features.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "translate/translator.h"

namespace limen::translate {
namespace {

TEST(SupportedFeatures, AreSortedAndUnique) {
  const auto features = supported_features();
  EXPECT_TRUE(std::is_sorted(features.begin(), features.end()));
  EXPECT_EQ(std::adjacent_find(features.begin(), features.end()), features.end());
}

TEST(SupportedFeatures, StandInTheStatusOfOurClass) {
  auto klass = std::make_shared<api::GatewayClass>();
  klass->metadata.name = "ours";
  klass->spec.controller_name = Options().controller_name;
  Translator translator({});
  const Output output = translator.apply(
      {{{api::Kind::kGatewayClass, {"", "ours"}, std::shared_ptr<const api::GatewayClass>(klass)}},
       {},
       {}});
  ASSERT_EQ(output.statuses.size(), 1u);
  const auto& status =
      std::get<std::shared_ptr<const api::GatewayClassStatus>>(output.statuses[0].status);
  std::vector<std::string_view> names;
  for (const auto& feature : status->supported_features) names.push_back(feature.name);
  const auto features = supported_features();
  EXPECT_EQ(names, std::vector<std::string_view>(features.begin(), features.end()));
}

}  // namespace
}  // namespace limen::translate

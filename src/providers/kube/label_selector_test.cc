#include "providers/kube/label_selector.h"

#include <gmock/gmock.h>

#include "translate/labels.h"

namespace limen::providers {
namespace {

using Labels = std::map<std::string, std::string>;

bool selects(std::string_view text, const Labels& labels) {
  const auto selector = parse_label_selector(text);
  EXPECT_TRUE(selector) << text;
  return selector && translate::selects(*selector, labels);
}

TEST(LabelSelector, WhatKubectlTakes) {
  const Labels labels = {{"env", "prod"}, {"example.com/team", "a"}, {"empty", ""}};
  for (const char* yes : {"env=prod", "env==prod", "env = prod", "env!=test", "tier!=web", "env",
                          "!tier", "example.com/team in (a, b)", "env notin (test,dev)",
                          "env=prod,example.com/team in (a,b)", "empty=", "tier notin (web)"})
    EXPECT_TRUE(selects(yes, labels)) << yes;
  for (const char* no : {"env=test", "env!=prod", "!env", "tier", "example.com/team in (b,c)",
                         "env notin (prod)", "env=prod,tier", "env="})
    EXPECT_FALSE(selects(no, labels)) << no;
}

TEST(LabelSelector, WhatIsNone) {
  for (const char* text : {"", "env=prod,", "env in a", "env in (a", "!env=prod", "a b", "env>3"})
    EXPECT_FALSE(parse_label_selector(text)) << text;
}

}  // namespace
}  // namespace limen::providers

#include "base/metrics_text.h"

#include <gtest/gtest.h>

namespace limen {
namespace {

TEST(MetricsText, SamplesStandUnderTheirName) {
  MetricsText text;
  text.start_gauge("limen_a", "What it is.");
  text.sample({}, 1);
  text.start_gauge("limen_b", "Another.");
  text.sample({{"secret", "ns/web"}, {"issuer", "x"}}, -2);
  EXPECT_EQ(std::move(text).take(),
            "# HELP limen_a What it is.\n# TYPE limen_a gauge\nlimen_a 1\n"
            "# HELP limen_b Another.\n# TYPE limen_b gauge\n"
            "limen_b{secret=\"ns/web\",issuer=\"x\"} -2\n");
}

TEST(MetricsText, LabelsMayBeAnyText) {
  MetricsText text;
  text.start_gauge("limen_a", "What it is.");
  text.sample({{"x", "a\"b\\c\nd"}}, 0);
  EXPECT_NE(std::move(text).take().find(R"(limen_a{x="a\"b\\c\nd"} 0)"), std::string::npos);
}

}  // namespace
}  // namespace limen

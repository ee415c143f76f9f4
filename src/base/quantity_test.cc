#include "base/quantity.h"

#include <gtest/gtest.h>

namespace limen {
namespace {

TEST(Quantity, AsKubernetesReadsThem) {
  EXPECT_EQ(parse_quantity("512Mi"), 512u << 20);
  EXPECT_EQ(parse_quantity("1.5Gi"), 3u << 29);
  EXPECT_EQ(parse_quantity("2e9"), 2'000'000'000u);
  EXPECT_EQ(parse_quantity("1500m"), 1u);
  EXPECT_EQ(parse_quantity("123"), 123u);
  for (const char* text : {"", "Mi", "-1", "1Xi", "1 Mi", "inf", "nan", "1e30"})
    EXPECT_EQ(parse_quantity(text), std::nullopt) << text;
}

}  // namespace
}  // namespace limen

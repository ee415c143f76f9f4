#include "flow/sharing.h"

#include <gtest/gtest.h>

#include <string>

namespace limen::flow {
namespace {

std::shared_ptr<const std::string> text(const char* value) {
  return std::make_shared<const std::string>(value);
}

TEST(Sharing, EqualValuesShareOneCopy) {
  Sharing<std::string> sharing;
  const auto first = sharing.share(text("same"));
  EXPECT_EQ(sharing.share(text("same")), first);
  EXPECT_NE(sharing.share(text("other")), first);
  EXPECT_EQ(sharing.share(nullptr), nullptr);
}

TEST(Sharing, KeepsNothingAlive) {
  Sharing<std::string> sharing;
  std::weak_ptr<const std::string> gone = sharing.share(text("short-lived"));
  EXPECT_TRUE(gone.expired());
  for (int i = 0; i < 1000; ++i) sharing.share(text(std::to_string(i).c_str()));
  EXPECT_EQ(*sharing.share(text("short-lived")), "short-lived");
}

}  // namespace
}  // namespace limen::flow

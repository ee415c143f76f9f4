#include "providers/kube/snapshot.h"

#include <gmock/gmock.h>
#include <sys/stat.h>

#include <filesystem>

#include "api/objects.h"
#include "base/files.h"
#include "base/json_text.h"

namespace limen::providers {
namespace {

using testing::IsEmpty;

class SnapshotTest : public testing::Test {
 protected:
  SnapshotTest() {
    char folder[] = "/tmp/snapshot-XXXXXX";
    folder_ = ::mkdtemp(folder);
    file_ = folder_ + "/snapshot";
  }
  ~SnapshotTest() override { std::filesystem::remove_all(folder_); }

  static api::AnyObject secret(const std::string& name) {
    return api::parse_object(
               *parse_json(R"({"apiVersion":"v1","kind":"Secret","metadata":{"name":")" + name +
                           R"(","namespace":"a","generation":3,"uid":"u",)"
                           R"("creationTimestamp":"2026-01-02T03:04:05Z"},)"
                           R"("data":{"k":"dg=="}})"))
        .object;
  }

  std::string folder_, file_;
};

TEST_F(SnapshotTest, IsReadAsItWasWritten) {
  ASSERT_TRUE(write_snapshot(file_, "here:443", {secret("x"), secret("y")}));
  const auto objects = read_snapshot(file_, "here:443");
  ASSERT_TRUE(objects) << objects.error().message;
  ASSERT_EQ(objects->size(), 2u);
  EXPECT_TRUE(api::equal(api::parse_object((*objects)[1]).object, secret("y")));
  struct stat info {};
  ASSERT_EQ(::stat(file_.c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0600u);
}

TEST_F(SnapshotTest, NoFileIsNoTrouble) {
  const auto objects = read_snapshot(file_, "here:443");
  ASSERT_TRUE(objects);
  EXPECT_THAT(*objects, IsEmpty());
}

TEST_F(SnapshotTest, WhatIsNotAsWrittenIsRefused) {
  ASSERT_TRUE(write_snapshot(file_, "here:443", {secret("x")}));
  EXPECT_FALSE(read_snapshot(file_, "there:443"));
  const std::string text = *read_file(file_, 1 << 20);
  for (size_t length = 0; length < text.size(); ++length) {
    ASSERT_TRUE(write_file(file_, text.substr(0, length), 0600));
    EXPECT_FALSE(read_snapshot(file_, "here:443")) << length;
  }
  for (size_t at = 0; at < text.size(); at += 7) {
    std::string broken = text;
    broken[at] ^= 1;
    ASSERT_TRUE(write_file(file_, broken, 0600));
    EXPECT_FALSE(read_snapshot(file_, "here:443")) << at;
  }
}

TEST_F(SnapshotTest, ManyChangesAreOneWrite) {
  EventLoop loop;
  int asked = 0;
  SnapshotKeeper keeper(
      {file_, "here:443", std::chrono::milliseconds(20), std::chrono::seconds(60)}, loop, [&] {
        ++asked;
        loop.stop();
        return std::vector{secret("x")};
      });
  for (int i = 0; i < 5; ++i) keeper.changed();
  loop.run();
  keeper.changed();
  loop.after(std::chrono::milliseconds(100), [&] { loop.stop(); });
  loop.run();
  EXPECT_EQ(asked, 1) << "the next comes a minute later";
}

}  // namespace
}  // namespace limen::providers

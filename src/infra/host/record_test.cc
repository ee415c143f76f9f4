#include "infra/host/record.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

namespace limen::infra {
namespace {

class RecordTest : public testing::Test {
 protected:
  void TearDown() override { std::filesystem::remove(path_); }
  const std::string path_ =
      std::filesystem::temp_directory_path() / ("limen-record-" + std::to_string(::getpid()));
};

TEST_F(RecordTest, WhatIsWrittenIsRead) {
  ASSERT_TRUE(write_record(path_, {42, 7, "abc", Role::kNext, {11, 12}}));
  const auto record = read_record(path_);
  ASSERT_TRUE(record);
  EXPECT_EQ(record->pid, 42);
  EXPECT_EQ(record->start_time, 7u);
  EXPECT_EQ(record->started_with, "abc");
  EXPECT_EQ(record->role, Role::kNext);
  EXPECT_EQ(record->older_sockets, (std::vector<uint64_t>{11, 12}));
}

TEST_F(RecordTest, ARecordWithoutRoleIsOfTheCurrentEnvoy) {
  std::ofstream(path_) << "42 7 abc\n";
  const auto record = read_record(path_);
  ASSERT_TRUE(record);
  EXPECT_EQ(record->role, Role::kCurrent);
  EXPECT_TRUE(record->older_sockets.empty());
}

TEST_F(RecordTest, WhatIsNoRecordIsNotRead) {
  EXPECT_FALSE(read_record(path_));
  for (const char* text : {"", "x", "1 7 abc", "42"}) {
    std::ofstream(path_) << text;
    EXPECT_FALSE(read_record(path_)) << text;
  }
}

TEST(StartTime, IsOfThisProcessAndOfNone) {
  EXPECT_TRUE(start_time_of(::getpid()));
  EXPECT_FALSE(start_time_of(0x7ffffffe));
}

}  // namespace
}  // namespace limen::infra

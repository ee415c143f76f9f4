#include "translate/backend/closed_paths.h"

#include <gtest/gtest.h>

namespace limen::translate {
namespace {

const std::vector<std::string> kFolders = {"/var/run/limen", "/srv/limen-state"};

TEST(ClosedPathsTest, LimensOwnFoldersAreClosedHoweverTheyAreWritten) {
  for (const char* path :
       {"/var/run/limen/admin.sock", "//var/run/limen/admin.sock", "/var//run/limen/admin.sock",
        "/var/run/./limen/admin.sock", "/tmp/../var/run/limen/admin.sock", "/var/run/limen",
        "/srv/limen-state/a/b.sock", "/proc/self/root/var/run/limen/admin.sock",
        "/proc/1/cwd/admin.sock", "/dev/fd/3", "admin.sock", "./admin.sock",
        "../var/run/limen/admin.sock", ""}) {
    EXPECT_TRUE(is_closed_path(kFolders, path)) << path;
  }
}

TEST(ClosedPathsTest, OthersAreOpen) {
  for (const char* path : {"/var/run/limen-app/app.sock", "/var/run/app.sock", "/run/a.sock",
                           "/var/run/limen/../app.sock", "/process/a", "/dev/shm/a", "@abstract"}) {
    EXPECT_FALSE(is_closed_path(kFolders, path)) << path;
  }
}

}  // namespace
}  // namespace limen::translate

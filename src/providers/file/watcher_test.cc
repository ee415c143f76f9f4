#include "providers/file/watcher.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>

namespace limen::providers {
namespace {

namespace fs = std::filesystem;

class WatcherTest : public testing::Test {
 protected:
  void SetUp() override {
    char name[] = "/tmp/limen-watcher-XXXXXX";
    ASSERT_NE(::mkdtemp(name), nullptr);
    root_ = name;
    fs::create_directory(conf());
  }
  void TearDown() override {
    watcher_.reset();
    fs::remove_all(root_);
  }

  fs::path conf() const { return root_ / "conf"; }
  static void write(const fs::path& path, const std::string& name) {
    std::ofstream(path) << "{apiVersion: v1, kind: Namespace, metadata: {name: " << name << "}}\n";
  }
  void start(std::vector<std::string> paths, bool hold = true) {
    WatcherSettings settings;
    settings.paths = std::move(paths);
    settings.load.hold_vanished = hold;
    settings.on_change = [this] {
      take();
      loop_.stop();
    };
    watcher_ = std::make_unique<Watcher>(std::move(settings), loop_, store_);
    take();
  }
  void take() {
    for (const auto& change : store_.take_changes()) {
      if (std::holds_alternative<std::monostate>(change.object))
        names_.erase(change.key.name);
      else
        names_.insert(change.key.name);
    }
  }
  // Until what the files said is held.
  void remove_and_wait(const std::vector<std::string>& names) {
    for (const std::string& name : names) fs::remove(conf() / name);
    const auto deadline = EventLoop::Clock::now() + std::chrono::seconds(10);
    while (watcher_->held().empty() && EventLoop::Clock::now() < deadline) loop_.run();
  }
  // What the store holds once it holds `expected`, or after a while.
  std::set<std::string> until(const std::set<std::string>& expected) {
    const auto deadline = EventLoop::Clock::now() + std::chrono::seconds(10);
    while (names_ != expected && EventLoop::Clock::now() < deadline) {
      const uint64_t timer = loop_.after(std::chrono::milliseconds(50), [this] { loop_.stop(); });
      loop_.run();
      loop_.cancel(timer);
    }
    return names_;
  }

  using Names = std::set<std::string>;
  fs::path root_;
  EventLoop loop_;
  ObjectStore store_{[] { return int64_t{1}; }};
  Names names_;
  std::unique_ptr<Watcher> watcher_;
};

TEST_F(WatcherTest, FilesComeChangeMoveAndGo) {
  write(conf() / "a.yaml", "a");
  start({conf().string()});
  EXPECT_EQ(names_, Names{"a"});
  write(conf() / "a.yaml", "b");
  EXPECT_EQ(until({"b"}), Names{"b"});
  write(conf() / ".c.new", "c");
  fs::rename(conf() / ".c.new", conf() / "a.yaml");
  EXPECT_EQ(until({"c"}), Names{"c"});
  fs::rename(conf() / "a.yaml", conf() / "a.yaml.bak");
  EXPECT_EQ(until({}), Names{});
  fs::rename(conf() / "a.yaml.bak", conf() / "z.json");
  EXPECT_EQ(until({"c"}), Names{"c"});
  fs::remove(conf() / "z.json");
  EXPECT_EQ(until({}), Names{});
}

TEST_F(WatcherTest, FoldersComeAndGo) {
  start({conf().string() + "/"});
  fs::create_directories(conf() / "x/y");
  write(conf() / "x/y/a.yaml", "a");
  EXPECT_EQ(until({"a"}), Names{"a"});
  write(conf() / "x/y/a.yaml", "b");
  EXPECT_EQ(until({"b"}), Names{"b"});
  fs::remove_all(conf() / "x");
  EXPECT_EQ(until({}), Names{});
}

// As kubelet writes a ConfigMap: files are links into ..data, which is a link that is swapped.
TEST_F(WatcherTest, AMountedConfigMapIsSwapped) {
  fs::create_directory(conf() / "..v1");
  write(conf() / "..v1/a.yaml", "a");
  fs::create_directory_symlink("..v1", conf() / "..data");
  fs::create_symlink("..data/a.yaml", conf() / "a.yaml");
  start({conf().string()});
  EXPECT_EQ(names_, Names{"a"});
  fs::create_directory(conf() / "..v2");
  write(conf() / "..v2/a.yaml", "b");
  fs::create_directory_symlink("..v2", conf() / "..data_tmp");
  fs::rename(conf() / "..data_tmp", conf() / "..data");
  fs::remove_all(conf() / "..v1");
  EXPECT_EQ(until({"b"}), Names{"b"});
}

TEST_F(WatcherTest, ANamedFileMayComeLater) {
  start({(root_ / "later/a.conf").string()});
  EXPECT_EQ(store_.problems().size(), 1u);
  fs::create_directory(root_ / "later");
  write(root_ / "later/a.conf", "a");
  EXPECT_EQ(until({"a"}), Names{"a"});
  write(root_ / "later/a.conf", "b");
  EXPECT_EQ(until({"b"}), Names{"b"});
}

TEST_F(WatcherTest, WhatLiesBesideANamedPathDoesNotCount) {
  write(conf() / "a.yaml", "a");
  start({(conf() / "a.yaml").string()});
  write(conf() / "beside.yaml", "beside");
  write(root_ / "above.yaml", "above");
  write(conf() / "a.yaml", "b");  // the last event, so the others have been looked at
  EXPECT_EQ(until({"b"}), Names{"b"});
}

TEST_F(WatcherTest, AVanishedFolderIsHeldUntilItReturns) {
  write(conf() / "a.yaml", "a");
  start({conf().string()});
  fs::rename(conf(), root_ / "away");
  while (store_.problems().empty()) {
    loop_.after(std::chrono::milliseconds(20), [this] { loop_.stop(); });
    loop_.run();
  }
  EXPECT_EQ(names_, Names{"a"});
  EXPECT_NE(store_.problems()[0].problem.message.find("stays in force"), std::string::npos);
  fs::create_directory(conf());
  write(conf() / "b.yaml", "b");
  EXPECT_EQ(until({"b"}), Names{"b"});
  EXPECT_TRUE(store_.problems().empty());
}

TEST_F(WatcherTest, AVanishedFolderIsWithdrawnIfToldSo) {
  write(conf() / "a.yaml", "a");
  start({conf().string()}, false);
  fs::remove_all(conf());
  EXPECT_EQ(until({}), Names{});
}

// Each is a problem that names the file; the rest works.
TEST_F(WatcherTest, WhatIsNoFileOfObjectsIsReported) {
  write(conf() / "good.yaml", "good");
  std::ofstream(conf() / "binary.yaml") << std::string(
      "\x7f"
      "ELF\0\1\2\xff\xfe",
      9);
  { std::ofstream huge(conf() / "huge.yaml"); }
  fs::resize_file(conf() / "huge.yaml", 100u << 20);
  ASSERT_EQ(::mkfifo((conf() / "pipe.yaml").c_str(), 0600), 0);
  fs::create_symlink("loop.yaml", conf() / "loop.yaml");
  fs::create_directory_symlink(conf(), conf() / "self");
  fs::create_symlink("nowhere", conf() / "dangling.yaml");
  start({conf().string()});
  EXPECT_EQ(names_, Names{"good"});
  std::set<std::string> files;
  for (const auto& problem : store_.problems()) files.insert(fs::path(problem.file).filename());
  EXPECT_EQ(files, (std::set<std::string>{"binary.yaml", "huge.yaml", "pipe.yaml", "loop.yaml",
                                          "dangling.yaml"}));
  write(conf() / "good.yaml", "better");
  EXPECT_EQ(until({"better"}), Names{"better"});
}

void write_route(const fs::path& path, const std::string& name) {
  std::ofstream(path)
      << "{apiVersion: gateway.networking.k8s.io/v1, kind: HTTPRoute, metadata: {name: " << name
      << "}, spec: {}}\n";
}

TEST_F(WatcherTest, AFolderThatLosesAllItsRoutesAtOnceIsHeldUntilConfirmed) {
  write_route(conf() / "a.yaml", "a");
  write(conf() / "b.yaml", "b");
  start({conf()});
  remove_and_wait({"a.yaml", "b.yaml"});
  ASSERT_EQ(watcher_->held(), (std::vector<HeldPath>{{conf(), "has no files any more", 2, 1}}));
  EXPECT_EQ(names_, (std::set<std::string>{"a", "b"}));
  watcher_->confirm();
  take();
  EXPECT_TRUE(names_.empty());
  EXPECT_TRUE(watcher_->held().empty());
  EXPECT_TRUE(store_.problems().empty());
}

TEST_F(WatcherTest, FilesThatComeBackEndTheHolding) {
  write_route(conf() / "a.yaml", "a");
  start({conf()});
  remove_and_wait({"a.yaml"});
  write_route(conf() / "b.yaml", "b");
  EXPECT_EQ(until({"b"}), (std::set<std::string>{"b"}));
  EXPECT_TRUE(watcher_->held().empty());
}

TEST_F(WatcherTest, FilesMayComeBackOneByOne) {
  write_route(conf() / "a.yaml", "a");
  write(conf() / "b.yaml", "b");
  start({conf()});
  remove_and_wait({"a.yaml", "b.yaml"});
  write(conf() / "b.yaml", "b");
  loop_.run();  // b is taken in
  EXPECT_TRUE(watcher_->held().empty());
  EXPECT_EQ(names_, (std::set<std::string>{"a", "b"}));
  EXPECT_EQ(until({"b"}), (std::set<std::string>{"b"}));  // it has had its time
}

}  // namespace
}  // namespace limen::providers

#include "base/event_loop.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <thread>

namespace limen {
namespace {

using std::chrono::milliseconds;

// Under ThreadSanitizer too (tools/sanitize.sh): `count` and `last` have no lock of their own.
TEST(EventLoop, WhatThreadsPostRunsOnTheLoopsThreadInTheirOrder) {
  constexpr int kThreads = 4, kPosts = 2000;
  EventLoop loop;
  int count = 0;
  std::vector<int> last(kThreads, -1);
  std::vector<std::thread> threads;
  threads.reserve(kThreads);
  for (int thread = 0; thread < kThreads; ++thread) {
    threads.emplace_back([&, thread] {
      for (int i = 0; i < kPosts; ++i) {
        loop.post([&, thread, i] {
          EXPECT_EQ(std::exchange(last[static_cast<size_t>(thread)], i), i - 1);
          if (++count == kThreads * kPosts) loop.stop();
        });
      }
    });
  }
  loop.run();
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(count, kThreads * kPosts);
}

TEST(EventLoop, TimersRunInTheOrderOfTheirTimesAndNotWhenCancelled) {
  EventLoop loop;
  std::string order;
  loop.after(milliseconds(20), [&] { order += 'c', loop.stop(); });
  loop.after(milliseconds(10), [&] { order += 'b'; });
  const uint64_t cancelled = loop.after(milliseconds(5), [&] { order += 'x'; });
  loop.after(milliseconds(0), [&] { order += 'a', loop.cancel(cancelled); });
  loop.run();
  EXPECT_EQ(order, "abc");
}

TEST(EventLoop, ACallbackMayUnwatchItsOwnFile) {
  int pipe[2];
  ASSERT_EQ(::pipe(pipe), 0);
  const UniqueFd reader(pipe[0]), writer(pipe[1]);
  ASSERT_EQ(::write(writer.get(), "x", 1), 1);
  EventLoop loop;
  int calls = 0;
  loop.watch(reader.get(), [&] {
    ++calls;
    loop.unwatch(reader.get());
    loop.after(milliseconds(5), [&] { loop.stop(); });
  });
  loop.run();
  EXPECT_EQ(calls, 1);
}

}  // namespace
}  // namespace limen

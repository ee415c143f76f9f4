#include "http/probes.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <thread>

#include "http/client.h"

namespace limen::http {
namespace {

// From a loop of its own: the one that is looked after may hang.
int status_of(const Probes& probes, const std::string& path) {
  EventLoop loop;
  Client client(loop);
  int status = 0;
  client.send({.url = fmt::format("http://127.0.0.1:{}{}", probes.port(), path)},
              [&](const Result<Response>& response) {
                status = response ? response->status : -1;
                loop.stop();
              });
  loop.run();
  return status;
}

TEST(ProbesTest, IsReadyWhenItIsSaidSo) {
  EventLoop loop;
  Probes probes(loop, {});
  ASSERT_TRUE(probes.listen("127.0.0.1", 0));
  EXPECT_EQ(status_of(probes, "/healthz"), 200);
  EXPECT_EQ(status_of(probes, "/readyz"), 503);
  probes.set_ready();
  EXPECT_EQ(status_of(probes, "/readyz?verbose"), 200);
  EXPECT_EQ(status_of(probes, "/other"), 404);
}

TEST(ProbesTest, FiguresComeFromTheLoop) {
  EventLoop loop;
  const auto of_loop = std::this_thread::get_id();
  Probes probes(loop,
                [&] { return std::this_thread::get_id() == of_loop ? "a 1\n" : "elsewhere"; });
  ASSERT_TRUE(probes.listen("127.0.0.1", 0));
  Client client(loop);
  std::string body;
  client.send({.url = fmt::format("http://127.0.0.1:{}/metrics", probes.port())},
              [&](const Result<Response>& response) {
                body = response->body;
                loop.stop();
              });
  loop.run();
  EXPECT_EQ(body, "a 1\n");
}

TEST(ProbesTest, ALoopThatHangsIsNotAlive) {
  EventLoop loop;  // does not run
  Probes probes(loop, {}, std::chrono::milliseconds(1));
  ASSERT_TRUE(probes.listen("127.0.0.1", 0));
  std::this_thread::sleep_for(std::chrono::milliseconds(5));
  EXPECT_EQ(status_of(probes, "/healthz"), 500);
}

TEST(ProbesTest, SaysWhyItCannotListen) {
  EventLoop loop;
  Probes first(loop, {}), second(loop, {});
  ASSERT_TRUE(first.listen("127.0.0.1", 0));
  EXPECT_EQ(second.listen("127.0.0.1", first.port()).error().message, "Address already in use");
  EXPECT_FALSE(second.listen("localhost", 0));
}

}  // namespace
}  // namespace limen::http

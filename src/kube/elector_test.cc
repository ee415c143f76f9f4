#include "kube/elector.h"

#include <gmock/gmock.h>

#include <memory>

#include "base/json_text.h"

namespace limen::kube {
namespace {

using std::chrono::milliseconds;

// One Lease of an API server.
class Leases {
 public:
  explicit Leases(EventLoop& loop) : loop_(loop) {}

  Elector::Send of(const std::string& who) {
    return [this, who](const Request& request, std::function<void(Answer)> done) {
      loop_.post([this, who, request, done = std::move(done)] {
        done(unreachable == who ? Answer() : answer(request));
      });
    };
  }

  std::string unreachable;  // for whom
  Json lease;

 private:
  static Answer refused(int status) {
    Answer answer;
    answer.status = status;
    return answer;
  }

  Answer answer(const Request& request) {
    if (request.method == "GET" && lease.is_null()) return refused(404);
    if (request.method == "POST" && !lease.is_null()) return refused(409);
    if (request.method != "GET") {
      Json written = *parse_json(request.body);
      if (request.method == "PUT" &&
          *written.find("metadata") != *lease.find("metadata"))  // has the resourceVersion
        return refused(409);
      lease = std::move(written);
      lease.find("metadata")->set("resourceVersion", std::to_string(++version_));
    }
    Answer answer;
    answer.status = 200;
    answer.body = lease;
    return answer;
  }

  EventLoop& loop_;
  int version_ = 0;
};

class ElectorTest : public testing::Test {
 protected:
  std::unique_ptr<Elector> start(const std::string& name) {
    auto elector =
        std::make_unique<Elector>(ElectorSettings{"system", "limen", name, milliseconds(300),
                                                  milliseconds(150), milliseconds(20)},
                                  loop_, leases_.of(name), [this](bool leads) {
                                    leaders_ += leads ? 1 : -1;
                                    most_leaders_ = std::max(most_leaders_, leaders_);
                                  });
    elector->start();
    return elector;
  }

  void await(const std::function<bool()>& done) {
    std::function<void()> look = [&] {
      done() ? loop_.stop() : void(loop_.after(milliseconds(5), look));
    };
    const uint64_t patience = loop_.after(std::chrono::seconds(10), [&] { loop_.stop(); });
    look();
    loop_.run();
    loop_.cancel(patience);
    ASSERT_TRUE(done());
  }

  EventLoop loop_;
  Leases leases_{loop_};
  int leaders_ = 0, most_leaders_ = 0;
};

TEST_F(ElectorTest, OneOfTwoLeadsAndGoesOn) {
  auto a = start("a"), b = start("b");
  await([&] { return a->leads() || b->leads(); });
  const auto end = EventLoop::Clock::now() + milliseconds(700);  // renewals
  await([&] { return EventLoop::Clock::now() > end; });
  EXPECT_NE(a->leads(), b->leads());
  EXPECT_EQ(most_leaders_, 1);
}

TEST_F(ElectorTest, WhoIsCutOffStepsDownBeforeAnotherLeads) {
  auto a = start("a");
  await([&] { return a->leads(); });
  auto b = start("b");
  leases_.unreachable = "a";
  await([&] { return b->leads(); });
  EXPECT_FALSE(a->leads());
  EXPECT_EQ(most_leaders_, 1);
  leases_.unreachable = "";
  const auto end = EventLoop::Clock::now() + milliseconds(200);
  await([&] { return EventLoop::Clock::now() > end; });
  EXPECT_FALSE(a->leads());
  EXPECT_EQ(leases_.lease.find("spec")->find("leaseTransitions")->as_integer(), 1);
}

TEST_F(ElectorTest, ReleasedItIsTakenAtOnce) {
  auto a = start("a");
  await([&] { return a->leads(); });
  auto b = start("b");
  bool released = false;
  a->release([&] { released = true; });
  EXPECT_FALSE(a->leads());
  const auto begin = EventLoop::Clock::now();
  await([&] { return b->leads(); });
  EXPECT_TRUE(released);
  EXPECT_LT(EventLoop::Clock::now() - begin, milliseconds(300));
}

TEST_F(ElectorTest, ReleaseEndsThoughNobodyAnswers) {
  auto a = start("a");
  await([&] { return a->leads(); });
  leases_.unreachable = "a";
  bool released = false;
  a->release([&] { released = true; });
  await([&] { return released; });
}

}  // namespace
}  // namespace limen::kube

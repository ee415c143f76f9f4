#include <gtest/gtest.h>

#include "translate/gateway/rules.h"

namespace limen::translate {
namespace {

ListenerModel listener(const std::string& name, int32_t port, Protocol protocol = Protocol::kHttp) {
  ListenerModel listener;
  listener.name = name;
  listener.hostname = "*";
  listener.port = port;
  listener.protocol = protocol;
  return listener;
}

TEST(Conflicts, TwoPortsThatComeToTheSameSocket) {
  std::vector<ListenerModel> listeners = {listener("shifted", 80), listener("same", 10080),
                                          listener("udp", 10080, Protocol::kUdp),
                                          listener("other", 8080)};
  decide_conflicts(listeners, 1024);
  EXPECT_TRUE(listeners[0].accepted.ok);
  EXPECT_FALSE(listeners[1].accepted.ok);
  EXPECT_EQ(listeners[1].accepted.reason, "PortUnavailable");
  EXPECT_EQ(listeners[1].accepted.message, "port 10080 is bound as 10080, which port 80 needs");
  EXPECT_TRUE(listeners[2].accepted.ok);  // ports of UDP are others
  EXPECT_TRUE(listeners[3].accepted.ok);
}

TEST(Conflicts, NoneWhereAllPortsMayBeBound) {
  std::vector<ListenerModel> listeners = {listener("low", 80), listener("high", 10080)};
  decide_conflicts(listeners, 0);
  EXPECT_TRUE(listeners[1].accepted.ok);
}

}  // namespace
}  // namespace limen::translate

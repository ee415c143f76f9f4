#include <envoy/config/route/v3/route.pb.h>
#include <gmock/gmock.h>

#include "translate/gateway/rules.h"
#include "translate/route/rules.h"

namespace limen::translate {
namespace {

using testing::ElementsAre;
using testing::SizeIs;

ProxyModel proxy_of(const std::vector<std::string>& hostnames) {
  ProxyModel proxy;
  for (const std::string& hostname : hostnames) {
    ListenerModel listener;
    listener.name = hostname;
    listener.hostname = hostname;
    listener.port = 443;
    listener.protocol = Protocol::kHttps;
    proxy.listeners.push_back(std::move(listener));
  }
  find_overlaps(proxy.listeners);
  proxy.ports.resize(1);
  proxy.ports[0].port = 443;
  proxy.ports[0].protocol = Protocol::kHttps;
  proxy.ports[0].listeners = proxy.listeners;
  return proxy;
}

// The domains that the n-th listener answers with 421.
std::vector<std::string> domains(const ProxyModel& proxy, size_t n) {
  const FragmentPtr fragment = misdirected_requests(proxy, proxy.listeners[n]);
  if (fragment == nullptr) return {};
  envoy::config::route::v3::VirtualHost message;
  EXPECT_TRUE(message.ParseFromString(xds::serialise(*fragment)));
  EXPECT_EQ(message.routes(0).direct_response().status(), 421u);
  return {message.domains().begin(), message.domains().end()};
}

TEST(Misdirected, AListenerAloneOnItsPortHasNone) {
  EXPECT_EQ(misdirected_requests(proxy_of({"a.test"}), proxy_of({"a.test"}).listeners[0]), nullptr);
}

TEST(Misdirected, OthersHostsAndThoseWithinItsOwn) {
  const ProxyModel proxy = proxy_of({"a.test", "*.test", "b.c.test", "x.y"});
  EXPECT_THAT(domains(proxy, 0), ElementsAre("*.test", "b.c.test", "x.y"));
  EXPECT_THAT(domains(proxy, 1), ElementsAre("a.test", "b.c.test", "x.y"));
  EXPECT_THAT(domains(proxy, 3), ElementsAre("*.test", "a.test", "b.c.test"));
}

TEST(Misdirected, WhereAListenerHasAllHostsTheyStandForTheRest) {
  const ProxyModel proxy = proxy_of({"*", "*.test", "a.test", "x.y"});
  EXPECT_THAT(domains(proxy, 0), ElementsAre("*.test", "a.test", "x.y"));
  EXPECT_THAT(domains(proxy, 1), ElementsAre("a.test", "*"));
  EXPECT_THAT(domains(proxy, 3), ElementsAre("*"));
}

TEST(Misdirected, ManyListenersDoNotNameEachOther) {
  std::vector<std::string> hostnames;
  for (size_t i = 0; i <= kMostHostsElsewhere; ++i)
    hostnames.push_back(std::to_string(i) + ".test");
  EXPECT_THAT(domains(proxy_of(hostnames), 0), SizeIs(kMostHostsElsewhere));
  hostnames.push_back("more.test");
  EXPECT_THAT(domains(proxy_of(hostnames), 0), ElementsAre("*"));
}

}  // namespace
}  // namespace limen::translate

#include "xds/resources/resource.h"

#include <envoy/config/route/v3/route.pb.h>
#include <gtest/gtest.h>

namespace limen::xds {
namespace {

namespace route_v3 = envoy::config::route::v3;
constexpr int kField = route_v3::RouteConfiguration::kVirtualHostsFieldNumber;

FragmentPtr host(int number) {
  route_v3::VirtualHost message;
  message.set_name("host" + std::to_string(number));
  message.add_domains("*");
  return fragment_of(message);
}

route_v3::RouteConfiguration head() {
  route_v3::RouteConfiguration message;
  message.set_name("http");
  return message;
}

// Hosts [0, count), cut into runs of these lengths; 0: one host by itself.
FragmentPtr joined(int count, const std::vector<int>& lengths) {
  FragmentBuilder builder(head(), kField, static_cast<size_t>(count));
  int next = 0;
  for (int length : lengths) {
    if (length == 0) {
      builder.add(host(next++));
      continue;
    }
    FragmentBuilder run(kField, static_cast<size_t>(length));
    for (int i = 0; i < length; ++i) run.add(host(next++));
    builder.add_run(std::move(run).take());
  }
  while (next < count) builder.add(host(next++));
  return std::move(builder).take();
}

TEST(Fragment, RunsDoNotShow) {
  const FragmentPtr plain = joined(7, {});
  for (const auto& lengths : std::vector<std::vector<int>>{
           {7}, {3, 4}, {1, 1, 1, 1, 1, 1, 1}, {2}, {0, 0, 5}, {0, 3, 0, 2}}) {
    const FragmentPtr cut = joined(7, lengths);
    EXPECT_EQ(cut->hash, plain->hash);
    EXPECT_EQ(cut->size, plain->size);
    EXPECT_EQ(serialise(*cut), serialise(*plain));
  }
}

TEST(Fragment, SizeAndBytesAreThoseOfTheMessage) {
  const FragmentPtr fragment = joined(5, {2, 3});
  const std::string bytes = serialise(*fragment);
  EXPECT_EQ(bytes.size(), fragment->size);
  route_v3::RouteConfiguration message;
  ASSERT_TRUE(message.ParseFromString(bytes));
  EXPECT_EQ(message.name(), "http");
  ASSERT_EQ(message.virtual_hosts_size(), 5);
  EXPECT_EQ(message.virtual_hosts(4).name(), "host4");
}

TEST(Fragment, OrderAndMembersShowInTheHash) {
  FragmentBuilder forth(head(), kField, 2), back(head(), kField, 2);
  forth.add(host(1));
  forth.add(host(2));
  back.add(host(2));
  back.add(host(1));
  EXPECT_NE(std::move(forth).take()->hash, std::move(back).take()->hash);
  EXPECT_NE(joined(4, {})->hash, joined(5, {})->hash);
  EXPECT_NE(joined(0, {})->hash, fragment_of(route_v3::RouteConfiguration())->hash);
}

}  // namespace
}  // namespace limen::xds

// Envoy's UDP proxy knows no weighted clusters, but a matcher.  It draws lots: a hash of the
// client's port, which the client's system chooses at random, stands in for a random number.  The
// first cluster gets its share of all sessions, the second its share of the rest, and so on, each
// with a seed of its own.
#include <envoy/extensions/filters/udp/udp_proxy/v3/route.pb.h>
#include <envoy/extensions/filters/udp/udp_proxy/v3/udp_proxy.pb.h>
#include <envoy/extensions/matching/common_inputs/network/v3/network_inputs.pb.h>
#include <envoy/extensions/matching/input_matchers/runtime_fraction/v3/runtime_fraction.pb.h>

#include <cmath>

#include "features/features.h"

namespace limen::features {
namespace {

namespace udp_v3 = envoy::extensions::filters::udp::udp_proxy::v3;
namespace matching = envoy::extensions::matching;
using xds::type::matcher::v3::Matcher;

void send_to(const std::string& cluster, Matcher::OnMatch& out) {
  udp_v3::Route route;
  route.set_cluster(cluster);
  out.mutable_action()->set_name("route");
  out.mutable_action()->mutable_typed_config()->PackFrom(route);
}

void draw(double probability, uint64_t seed, Matcher::MatcherList::Predicate& out) {
  constexpr double kMillion = 1'000'000;
  auto& predicate = *out.mutable_single_predicate();
  predicate.mutable_input()->set_name("envoy.matching.inputs.source_port");
  predicate.mutable_input()->mutable_typed_config()->PackFrom(
      matching::common_inputs::network::v3::SourcePortInput());
  matching::input_matchers::runtime_fraction::v3::RuntimeFraction fraction;
  auto& value = *fraction.mutable_runtime_fraction()->mutable_default_value();
  value.set_numerator(static_cast<uint32_t>(std::lround(probability * kMillion)));
  value.set_denominator(envoy::type::v3::FractionalPercent::MILLION);
  fraction.mutable_runtime_fraction()->set_runtime_key("limen.udp_share");
  fraction.set_seed(seed);
  predicate.mutable_custom_match()->set_name("envoy.matching.matchers.runtime_fraction");
  predicate.mutable_custom_match()->mutable_typed_config()->PackFrom(fraction);
}

void write_shares(const std::vector<Share>& shares, Matcher& out) {
  double rest = 0;
  for (const Share& share : shares) rest += share.weight;
  for (size_t i = 0; i + 1 < shares.size(); ++i) {
    auto& matcher = *out.mutable_matcher_list()->add_matchers();
    draw(shares[i].weight / rest, i + 1, *matcher.mutable_predicate());
    send_to(shares[i].cluster, *matcher.mutable_on_match());
    rest -= shares[i].weight;
  }
  send_to(shares.back().cluster, *out.mutable_on_no_match());
}

}  // namespace

void write_udp_proxy(const std::vector<Share>& shares, const std::string& stat_prefix,
                     listener_v3::ListenerFilter& out) {
  udp_v3::UdpProxyConfig proxy;
  proxy.set_stat_prefix(stat_prefix);
  write_shares(shares, *proxy.mutable_matcher());
  write_stdout_log(*proxy.add_access_log());
  out.set_name("envoy.filters.udp_listener.udp_proxy");
  out.mutable_typed_config()->PackFrom(proxy);
}

}  // namespace limen::features

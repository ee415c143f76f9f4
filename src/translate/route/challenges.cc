// HTTP-01 (RFC 8555, 8.3): answers stand before all other routes, redirects and filters among them.
#include <envoy/config/route/v3/route_components.pb.h>

#include <algorithm>

#include "features/security.h"
#include "translate/hostnames.h"
#include "translate/route/rules.h"

namespace limen::translate {
namespace {

namespace route_v3 = envoy::config::route::v3;

route_v3::Route answer_to(const acme::Challenge& challenge,
                          const features::FilterConfigs& of_virtual_host) {
  route_v3::Route route;
  route.set_name("acme/" + challenge.token);
  features::write_challenge_answer(challenge.token, challenge.key_authorization, of_virtual_host,
                                   route);
  return route;
}

bool has_host_for(const PortModel& port, const std::string& name) {
  return std::any_of(port.listeners.begin(), port.listeners.end(),
                     [&](const auto& listener) { return covers(listener.hostname, name); });
}

void add_hosts(const Text& proxy, const PortModel& port, const std::vector<std::string>& patterns,
               ChallengePlaces& places) {
  for (const ListenerModel& listener : port.listeners) {
    for (const std::string& pattern : patterns) {
      if (covers(listener.hostname, pattern))
        places.hosts.push_back({proxy, listener.route_configuration, listener.ir_name(), pattern});
    }
  }
}

}  // namespace

std::shared_ptr<const ChallengePlaces> place_challenge(flow::Reads& reads, World& world,
                                                       const ProxyName& key) {
  const PendingChallenge* pending = world.challenges.get(reads, key);
  if (pending == nullptr || pending->challenge.type != acme::ChallengeType::kHttp01) return nullptr;
  const ProxyModel* proxy = world.proxies.get(reads, key.proxy.str());
  if (proxy == nullptr) return nullptr;
  auto places = std::make_shared<ChallengePlaces>();
  places->challenge = pending->challenge;
  const std::string& name = pending->challenge.name;
  const std::vector<std::string> patterns = patterns_of(name);
  for (const PortModel& port : proxy->ports) {
    if (port.protocol != Protocol::kHttp) continue;
    add_hosts(key.proxy, port, patterns, *places);
    if (!has_host_for(port, name)) places->strays.push_back({key.proxy, port.name});
  }
  return places;
}

void add_challenges(flow::Reads& reads, World& world, const VirtualHostKey& key,
                    const ListenerGuard* guard, xds::FragmentBuilder& joined) {
  const auto& challenges = world.challenges_of_virtual_host.get(reads, key);
  if (challenges.empty()) return;
  route_v3::VirtualHost settings;
  if (guard != nullptr) settings.ParseFromString(xds::serialise(*guard->virtual_host));
  for (const auto& [challenge, places] : challenges)
    joined.add(xds::fragment_of(answer_to(places.challenge, settings.typed_per_filter_config())));
}

void add_challenge_hosts(flow::Reads& reads, World& world, const ProxyName& route_configuration,
                         xds::FragmentBuilder& joined) {
  std::map<std::string, route_v3::VirtualHost> hosts;
  for (const auto& [key, places] : world.stray_challenges_of.get(reads, route_configuration))
    *hosts[places.challenge.name].add_routes() = answer_to(places.challenge, {});
  for (auto& [name, host] : hosts) {
    host.set_name("acme/" + underscored(name));
    host.add_domains(name);
    joined.add(xds::fragment_of(host));
  }
}

}  // namespace limen::translate

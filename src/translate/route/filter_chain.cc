// What serves TLS, TCP and UDP listeners: filter chains (of UDP, which has none, the listener's
// filter).  A listener is updated in place where only filter chains change, and connections on
// those that stay as they are go on: so each host has a chain of its own. Source: Envoy, "Filter
// chain only update".
#include <envoy/config/listener/v3/listener.pb.h>

#include "features/client_traffic.h"
#include "translate/backend/resolve.h"
#include "translate/gateway/listener.h"
#include "translate/hostnames.h"
#include "translate/route/rules.h"
#include "translate/route/stream.h"

namespace limen::translate {
namespace {

namespace listener_v3 = envoy::config::listener::v3;

FragmentPtr chain_of(const StreamListener& listener, const std::string& name,
                     const std::string& host, const xds::Fragment& server) {
  listener_v3::FilterChain chain;
  chain.ParseFromString(listener.chain->bytes);
  chain.MergeFromString(server.bytes);
  chain.set_name(name + "/" + underscored(host));
  if (listener.protocol == Protocol::kTls && host != "*")
    chain.mutable_filter_chain_match()->add_server_names(host);
  return xds::fragment_of(chain);
}

}  // namespace

std::shared_ptr<const StreamListener> read_stream_listener(flow::Reads& reads, World& world,
                                                           const ProxyName& key) {
  const ProxyModel* proxy = world.proxies.get(reads, key.proxy);
  if (proxy == nullptr) return nullptr;
  const auto it = proxy->stream_listeners.find(std::string_view(key.name));
  if (it == proxy->stream_listeners.end()) return nullptr;
  const ListenerModel& listener = proxy->listeners[it->second];
  listener_v3::FilterChain chain;
  if (listener.protocol == Protocol::kTls)
    chain.mutable_filter_chain_match()->set_transport_protocol("tls");
  const ListenerRule rule =
      rule_of(reads, world, {key.proxy.str(), transport_of(listener.protocol), listener.port},
              key.name.str());
  if (!listener.secrets.empty()) add_tls(listener, {}, rule, chain);
  if (rule.http != nullptr)
    features::write_client_chain(*rule.http->spec, "stream-" + std::to_string(listener.port),
                                 chain);
  return std::make_shared<StreamListener>(
      StreamListener{listener.protocol, xds::fragment_of(chain)});
}

std::shared_ptr<const xds::Fragment> join_filter_chain(flow::Reads& reads, World& world,
                                                       const VirtualHostKey& key) {
  const StreamListener* listener = world.stream_listeners.get(reads, {key.proxy, key.listener});
  if (listener == nullptr) return nullptr;
  const auto& members = world.routes_of_filter_chain.get(reads, key);
  if (members.empty()) return nullptr;
  const auto [order, route_key, route] = *members.sorted().begin();  // the others get nothing
  const FragmentPtr& server = route.entries[order.entry].route;
  if (listener->protocol == Protocol::kUdp) return server;
  return chain_of(*listener, key.listener, key.host, *server);
}

FragmentPtr closing_chain(const ListenerModel& listener) {
  const api::Kind kind =
      listener.protocol == Protocol::kUdp ? api::Kind::kUdpRoute : api::Kind::kTcpRoute;
  FragmentPtr server = server_for(kind, {{kInvalidBackend}}, listener.port);
  if (listener.protocol == Protocol::kUdp) return server;
  listener_v3::FilterChain chain;
  if (listener.protocol == Protocol::kTls)
    chain.mutable_filter_chain_match()->set_transport_protocol("tls");
  return chain_of({listener.protocol, xds::fragment_of(chain)}, listener.ir_name(),
                  listener.hostname, *server);
}

}  // namespace limen::translate

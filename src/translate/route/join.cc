// Virtual hosts and route configurations, joined out of bytes that are ready: a repeated field of a
// message is a sequence of (tag, length, bytes), so nothing is parsed or serialised again.
#include <envoy/config/route/v3/route.pb.h>
#include <google/protobuf/io/coded_stream.h>

#include <map>

#include "base/hash.h"
#include "translate/hostnames.h"
#include "translate/route/rules.h"

namespace limen::translate {
namespace {

namespace route_v3 = envoy::config::route::v3;

// Appends one element of the repeated message field `field`.
void append_field(int field, const std::string& bytes, std::string& out) {
  uint8_t head[11];
  constexpr int kLengthDelimited = 2;
  head[0] = static_cast<uint8_t>(field << 3 | kLengthDelimited);
  const uint8_t* end =
      google::protobuf::io::CodedOutputStream::WriteVarint64ToArray(bytes.size(), head + 1);
  out.append(reinterpret_cast<const char*>(head), static_cast<size_t>(end - head));
  out += bytes;
}

std::string virtual_host_name(const std::string& listener, const std::string& host) {
  return listener + "/" + underscored(host);
}

std::string empty_virtual_host(const std::string& listener, const std::string& host) {
  route_v3::VirtualHost message;
  message.set_name(virtual_host_name(listener, host));
  message.add_domains(host);
  return message.SerializeAsString();
}

// The listeners that a route configuration serves.
std::vector<const ListenerModel*> listeners_of(const ProxyModel& proxy, const std::string& name) {
  std::vector<const ListenerModel*> result;
  for (const PortModel& port : proxy.ports) {
    for (const ListenerModel& listener : port.listeners) {
      if (route_configuration_of(port, listener) == name) result.push_back(&listener);
    }
  }
  return result;
}

}  // namespace

std::shared_ptr<const xds::Fragment> join_virtual_host(flow::Reads& reads, World& world,
                                                       const VirtualHostKey& key) {
  std::string bytes = empty_virtual_host(key.listener, key.host);
  uint64_t hash = hash_bytes(bytes);
  const auto& members = world.routes_of_virtual_host.get(reads, key);
  size_t size = bytes.size();
  constexpr size_t kHead = 6;
  for (const auto& [order, route_key, route] : members.sorted())
    size += route.entries[order.entry].route->bytes.size() + kHead;
  bytes.reserve(size);
  for (const auto& [order, route_key, route] : members.sorted()) {
    const xds::Fragment& fragment = *route.entries[order.entry].route;
    append_field(route_v3::VirtualHost::kRoutesFieldNumber, fragment.bytes, bytes);
    hash = hash_combine(hash, fragment.hash);
  }
  return std::make_shared<const xds::Fragment>(xds::Fragment{std::move(bytes), hash});
}

std::shared_ptr<const xds::Fragment> join_route_configuration(flow::Reads& reads, World& world,
                                                              const ProxyName& key) {
  const ProxyModel* proxy = world.proxies.get(reads, key.proxy);
  if (proxy == nullptr) return nullptr;
  route_v3::RouteConfiguration head;
  head.set_name(key.name);
  head.set_ignore_port_in_host_matching(true);
  std::string bytes = head.SerializeAsString();
  uint64_t hash = hash_bytes(bytes);

  const auto& members = world.virtual_hosts_of.get(reads, key);
  size_t size = bytes.size();
  constexpr size_t kHead = 6;
  for (const auto& [host, virtual_host] : members) size += virtual_host.bytes.size() + kHead;
  bytes.reserve(size);
  // A listener without routes for its own hostname answers 404 there and leaves nothing to a less
  // specific one.
  std::map<std::string_view, const ListenerModel*> unserved;
  for (const ListenerModel* listener : listeners_of(*proxy, key.name))
    unserved.emplace(listener->hostname, listener);
  for (const auto& [host, virtual_host] : members) {
    append_field(route_v3::RouteConfiguration::kVirtualHostsFieldNumber, virtual_host.bytes, bytes);
    hash = hash_combine(hash, virtual_host.hash);
    if (!unserved.empty()) unserved.erase(host.host);
  }
  for (const auto& [hostname, listener] : unserved) {
    const std::string empty = empty_virtual_host(listener->ir_name(), listener->hostname);
    append_field(route_v3::RouteConfiguration::kVirtualHostsFieldNumber, empty, bytes);
    hash = hash_combine(hash, hash_bytes(empty));
  }
  return std::make_shared<const xds::Fragment>(xds::Fragment{std::move(bytes), hash});
}

}  // namespace limen::translate

// Which listeners of a proxy stand in each other's way.  One pass in the order of precedence, with
// look-ups by port and hostname.
#include <fmt/format.h>

#include <map>
#include <set>

#include "translate/gateway/rules.h"
#include "translate/hostnames.h"

namespace limen::translate {
namespace {

bool is_valid(const ListenerModel& listener) {
  return listener.accepted.ok && listener.programmed.ok;
}

// Listeners of one class can share a port if their hostnames differ; one of class kWhole has it for
// itself.
enum class PortClass { kPlain, kTls, kWhole };

PortClass class_of(Protocol protocol) {
  switch (protocol) {
    case Protocol::kHttp: return PortClass::kPlain;
    case Protocol::kHttps:
    case Protocol::kTls: return PortClass::kTls;
    case Protocol::kTcp:
    case Protocol::kUdp:
    case Protocol::kOther: return PortClass::kWhole;
  }
  __builtin_unreachable();
}

using Port = std::pair<Transport, int32_t>;

Port port_of(const ListenerModel& listener) {
  return {transport_of(listener.protocol), listener.port};
}

struct PortUse {
  PortClass port_class = PortClass::kWhole;
  std::string first;                               // the listener that has the port
  std::map<std::string, std::string> by_hostname;  // -> listener
};

class Conflicts {
 public:
  Conflicts(std::vector<ListenerModel>& listeners, int32_t first_unprivileged_port)
      : listeners_(listeners), first_unprivileged_port_(first_unprivileged_port) {}

  void decide() {
    find_disputes();
    for (ListenerModel& listener : listeners_) {
      if (is_valid(listener) && has_free_socket(listener)) settle(listener);
    }
  }

 private:
  using GatewayPort = std::pair<ObjectKey, Port>;
  using GatewayHost = std::pair<GatewayPort, std::string>;

  // Within one Gateway none of the listeners that disagree is to be picked.  Source: GatewaySpec
  // .listeners ("Distinct Listeners").
  void find_disputes() {
    std::map<GatewayPort, PortClass> seen;
    std::set<GatewayHost> hosts;
    for (const ListenerModel& listener : listeners_) {
      if (!listener.set.name.empty() || !is_valid(listener)) continue;
      const GatewayPort key{listener.gateway, port_of(listener)};
      const PortClass port_class = class_of(listener.protocol);
      if (seen.emplace(key, port_class).first->second != port_class) disputed_.insert(key);
      const GatewayHost host{key, listener.hostname};
      if (!hosts.insert(host).second) disputed_hosts_.insert(host);
    }
  }

  // Two ports of which one is shifted can come to the same socket.
  bool has_free_socket(ListenerModel& listener) {
    const int32_t bind = bind_port_of(listener.port, first_unprivileged_port_);
    const Port socket{transport_of(listener.protocol), bind};
    const int32_t holder = sockets_.emplace(socket, listener.port).first->second;
    if (holder == listener.port) return true;
    listener.accepted = Verdict::no(
        "PortUnavailable",
        fmt::format("port {} is bound as {}, which port {} needs", listener.port, bind, holder));
    return false;
  }

  // Otherwise what comes first keeps its place.  GEP-1713.
  void settle(ListenerModel& listener) {
    const std::string name = listener.ir_name();
    const PortClass port_class = class_of(listener.protocol);
    auto [it, is_new] = ports_.try_emplace(port_of(listener));
    PortUse& port = it->second;
    if (is_new) port = {port_class, name, {}};
    const bool own = listener.set.name.empty();
    const GatewayPort gateway_port{listener.gateway, port_of(listener)};
    const bool dispute = disputed_.contains(gateway_port);
    if (port.port_class != port_class || dispute) {
      listener.conflicted = Verdict::no(
          "ProtocolConflict",
          dispute ? fmt::format("port {} is asked for with several protocols by Gateway {}{}",
                                listener.port, listener.gateway.text(), own ? "" : " itself")
                  : fmt::format("port {} is asked for with another protocol by listener {}",
                                listener.port, port.first));
      return;
    }
    if (disputed_hosts_.contains({gateway_port, listener.hostname})) {
      listener.conflicted = Verdict::no(
          "HostnameConflict",
          fmt::format("port {} and hostname {} are asked for several times by Gateway {}{}",
                      listener.port, listener.hostname, listener.gateway.text(),
                      own ? "" : " itself"));
      return;
    }
    const auto [holder, is_free] = port.by_hostname.emplace(listener.hostname, name);
    if (is_free) return;
    listener.conflicted =
        port_class == PortClass::kWhole
            ? Verdict::no("ProtocolConflict",
                          fmt::format("port {} is taken by listener {}, and listeners of its "
                                      "protocol share none",
                                      listener.port, holder->second))
            : Verdict::no("HostnameConflict",
                          fmt::format("port {} and hostname {} are taken by listener {}",
                                      listener.port, listener.hostname, holder->second));
  }

  std::vector<ListenerModel>& listeners_;
  const int32_t first_unprivileged_port_;
  std::set<GatewayPort> disputed_;
  std::set<GatewayHost> disputed_hosts_;
  std::map<Port, int32_t> sockets_;  // bound port -> port
  std::map<Port, PortUse> ports_;
};

void overlap(ListenerModel& listener, const ListenerModel& other, const char* reason,
             const char* what) {
  if (!listener.overlapping_tls.ok) return;
  listener.overlapping_tls =
      Verdict::no(reason, fmt::format("{} overlaps with that of listener {}: clients may use one "
                                      "connection for both",
                                      what, other.ir_name()));
}

}  // namespace

int32_t bind_port_of(int32_t port, int32_t first_unprivileged_port) {
  constexpr int32_t kShift = 10000;
  return port < first_unprivileged_port ? port + kShift : port;
}

void decide_conflicts(std::vector<ListenerModel>& listeners, int32_t first_unprivileged_port) {
  Conflicts(listeners, first_unprivileged_port).decide();
}

void find_overlaps(std::vector<ListenerModel>& listeners) {
  using Place = std::pair<Port, std::string_view>;
  std::map<std::pair<Port, SdsSecret>, ListenerModel*> by_secret;
  std::map<Place, ListenerModel*> by_hostname;
  for (ListenerModel& listener : listeners) {
    if (listener.ready())
      by_hostname.emplace(Place{port_of(listener), listener.hostname}, &listener);
  }
  for (auto& [place, listener] : by_hostname) {
    const bool https = listener->protocol == Protocol::kHttps;
    for (const std::string& pattern : patterns_of(listener->hostname)) {
      const auto it = by_hostname.find({place.first, pattern});
      if (it == by_hostname.end() || it->second == listener) continue;
      it->second->more_specific.push_back(listener->hostname);  // sorted: in the map's order
      if (!https || it->second->protocol != Protocol::kHttps) continue;
      overlap(*listener, *it->second, "OverlappingHostnames", "the hostname");
      overlap(*it->second, *listener, "OverlappingHostnames", "the hostname");
    }
  }
  for (auto& [place, listener] : by_hostname) {
    if (listener->protocol != Protocol::kHttps) continue;
    for (const SdsSecret& secret : listener->secrets) {
      const auto [it, is_new] = by_secret.emplace(std::pair{place.first, secret}, listener);
      if (is_new || it->second == listener) continue;
      overlap(*listener, *it->second, "OverlappingCertificates", "the certificate");
      overlap(*it->second, *listener, "OverlappingCertificates", "the certificate");
    }
  }
}

}  // namespace limen::translate

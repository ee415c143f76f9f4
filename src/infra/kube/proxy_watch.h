// How far the Envoys of each proxy are, from what the API server says of their workload and
// Service.  On one thread.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "api/gateway/gateway.h"
#include "infra/kube/objects.h"

namespace limen::infra {

struct KubeProxyState {
  std::string proxy;
  bool running = false;
  std::string message;  // what is wrong; "": nothing
  std::vector<api::GatewayStatusAddress> addresses;
  std::vector<std::string> cluster_addresses;
  bool operator==(const KubeProxyState&) const = default;
};

// By which a node is reached: those outside of the cluster's network, if it has any.
std::vector<api::GatewayStatusAddress> addresses_of_node(const Json& node);

class ProxyWatch {
 public:
  explicit ProxyWatch(std::function<void(const KubeProxyState&)> on_state)
      : on_state_(std::move(on_state)) {}

  // A Deployment, DaemonSet or Service of the proxy; nullptr: it is not there.
  void see(const std::string& proxy, ObjectKind kind, const Json* object);
  // The first object that can't be made as wanted; "": all can.
  void set_trouble(const std::string& proxy, std::string trouble);
  // It is wanted: from now on its state is told.
  void begin(const std::string& proxy);
  void end(const std::string& proxy) { proxies_.erase(proxy); }

  // Whether it is reached by the addresses of nodes: its Service is of type NodePort.
  bool is_on_nodes(const std::string& proxy) const;
  // Addresses of the cluster's nodes.
  void set_nodes(std::vector<api::GatewayStatusAddress> addresses);

 private:
  struct Workload {
    int64_t wanted = 0, available = 0;
    std::string message;  // of the controller, where it can't go on
  };
  struct Proxy {
    Workload workload;
    bool has_workload = false, has_service = false;
    bool on_nodes = false;
    std::vector<api::GatewayStatusAddress> addresses;
    std::vector<std::string> cluster_addresses;
    std::string trouble;
    bool told = false;
    KubeProxyState state;
  };

  void tell(const std::string& name, Proxy& proxy);

  std::function<void(const KubeProxyState&)> on_state_;
  std::map<std::string, Proxy> proxies_;
  std::vector<api::GatewayStatusAddress> nodes_;
};

}  // namespace limen::infra

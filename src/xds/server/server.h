// The xDS server: discovery services over gRPC (methods.h), to the Envoys of all proxies.
//
// apply() comes from the translator's thread; streams run on gRPC's.  One mutex a group of proxies
// guards its resources and streams; it is held neither while gRPC nor while a callback is called.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "xds/server/delta_stream.h"

namespace limen::xds {

struct AnswerReport {
  std::string proxy;
  std::string node;  // Envoy's node.id
  Answer answer;
};

struct ServerSettings {
  std::string unix_socket;                          // listens there, mode 0600; "" for not
  std::string tcp_address;                          // "host:port" with mutual TLS; "" for not
  std::string certificate_file, key_file, ca_file;  // for TCP; read again when they change
  Clock::duration linger = std::chrono::seconds(5);
  Clock::duration patience = std::chrono::seconds(5);
  std::function<void(const AnswerReport&)> on_answer;  // any thread
};

class Server {
 public:
  static Result<std::unique_ptr<Server>> start(ServerSettings settings);
  ~Server();  // stops
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  void apply(const std::vector<ResourceChange>& changes);

  // Envoys that are connected to a proxy's resources.
  size_t streams(const std::string& proxy) const;

 private:
  class Core;
  explicit Server(std::unique_ptr<Core> core);
  std::unique_ptr<Core> core_;
};

}  // namespace limen::xds

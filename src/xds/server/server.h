// The xDS server: discovery services over gRPC (methods.h), to the Envoys of all proxies.
//
// apply() comes from the translator's thread; streams run on gRPC's.  One mutex a group of proxies
// guards its resources and streams; it is held neither while gRPC nor while a callback is called.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "xds/server/certificates.h"
#include "xds/server/delta_stream.h"

namespace limen::xds {

struct AnswerReport {
  std::string proxy;
  std::string node;  // Envoy's node.id
  Answer answer;
};

// Says which proxy a bearer token stands for, or why none: calls back once, on any thread, also
// before it returns.  Called on gRPC's threads.
using TokenVerifier =
    std::function<void(const std::string& token, std::function<void(Result<std::string>)>)>;

struct ServerSettings {
  std::string unix_socket;                          // listens there, mode 0600; "" for not
  std::string tcp_address;                          // "host:port" with TLS; "" for not
  std::optional<TlsIdentity> identity;              // for TCP
  std::string certificate_file, key_file, ca_file;  // or these; read again when they change
  TokenVerifier verify_token;                       // none: TCP's clients must have certificates
  Clock::duration linger = std::chrono::seconds(5);
  Clock::duration patience = std::chrono::seconds(5);
  std::function<void(const AnswerReport&)> on_answer;  // any thread
  int max_streams = 10'000;
  // Then a connection's client is asked to make another one; 0: a time between 10 and 12 hours.
  std::chrono::milliseconds connection_age{0};
};

class Server {
 public:
  static Result<std::unique_ptr<Server>> start(ServerSettings settings);
  ~Server();  // stops
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  void apply(const std::vector<ResourceChange>& changes);

  // For handshakes from now on.  REQUIRES: settings.identity was set.
  void set_identity(TlsIdentity identity);

  // The TCP port, also where tcp_address left its choice to the system.
  int port() const;

  // Envoys that are connected to a proxy's resources.
  size_t streams(const std::string& proxy) const;
  // All streams, also of those that have not shown yet who they are.
  int open_streams() const;

 private:
  class Core;
  explicit Server(std::unique_ptr<Core> core);
  std::unique_ptr<Core> core_;
};

}  // namespace limen::xds

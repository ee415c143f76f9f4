// The certificate of the xDS server's TCP port, held in memory.
//
// Each handshake takes what is set then; connections that are there stay.  Any thread.
#pragma once

#include <memory>
#include <mutex>
#include <string>

namespace grpc {
class ServerCredentials;
}

namespace limen::xds {

// PEM.  REQUIRES: `key` is the key of `certificate`, whose chain it may be.
struct TlsIdentity {
  std::string certificate, key;
  std::string trusted_cas;  // of clients' certificates

  bool operator==(const TlsIdentity&) const = default;
};

class Certificates {
 public:
  explicit Certificates(TlsIdentity identity) : identity_(std::move(identity)) {}

  void set(TlsIdentity identity);

  // For gRPC's fetcher: what is new since the last call, if anything.  `use` is called under the
  // mutex.
  template <class F>
  bool take_new(F use) {
    const std::lock_guard lock(mutex_);
    if (!is_new_) return false;
    is_new_ = false;
    use(identity_);
    return true;
  }

 private:
  std::mutex mutex_;
  TlsIdentity identity_;  // guarded by mutex_
  bool is_new_ = true;    // guarded by mutex_
};

enum class ClientCertificates { kRequired, kOptional };  // they are verified in any case

// For one port.  `certificates` must outlive the server.
std::shared_ptr<grpc::ServerCredentials> tls_credentials(Certificates& certificates,
                                                         ClientCertificates clients);

}  // namespace limen::xds

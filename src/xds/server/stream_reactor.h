// gRPC's side of a stream, of either form: reads, writes one response at a time, ends.
#pragma once

#include <absl/synchronization/mutex.h>
#include <grpcpp/generic/async_generic_service.h>

#include <atomic>
#include <memory>
#include <set>

#include "xds/server/delta_stream.h"
#include "xds/server/methods.h"
#include "xds/server/peer.h"
#include "xds/server/server.h"
#include "xds/server/sotw_adapter.h"

namespace limen::xds {

class StreamReactor;

// The resources of one proxy and the streams of its Envoys.
struct ProxyGroup {
  explicit ProxyGroup(Clock::duration linger) : resources(linger) {}

  mutable absl::Mutex mutex;
  ResourceGroup resources ABSL_GUARDED_BY(mutex);
  std::set<std::shared_ptr<StreamReactor>> streams ABSL_GUARDED_BY(mutex);
};

// What a stream needs of the server.  Outlives the streams.
class StreamHost {
 public:
  virtual ~StreamHost() = default;
  virtual std::shared_ptr<ProxyGroup> group(const std::string& proxy) = 0;
  virtual void wake_at(Clock::time_point time) = 0;
  virtual const ServerSettings& settings() const = 0;
  virtual void log_denial(const std::string& why) = 0;
  virtual void stream_ended() = 0;
};

class StreamReactor : public grpc::ServerGenericBidiReactor {
 public:
  // Lives until gRPC is done with it and no one else holds it.
  static StreamReactor* open(StreamHost& host, const grpc::GenericCallbackServerContext& context,
                             const Method& method);

  // Sends what there is to send.  Any thread.
  void pump();

 private:
  StreamReactor(StreamHost& host, const grpc::GenericCallbackServerContext& context,
                const Method& method)
      : host_(host),
        method_(method),
        peer_(peer_of(context)),
        protocol_(host.settings().patience, method.sotw) {}

  void OnReadDone(bool ok) override;
  void OnWriteDone(bool ok) override;
  void OnDone() override;
  void OnCancel() override;

  void await_verdict();
  void take_verdict(const Result<std::string>& proxy);
  void deny(grpc::StatusCode code, const std::string& why);

  grpc::Status take_in(const grpc::ByteBuffer& buffer);
  std::optional<envoy::service::discovery::v3::DeltaDiscoveryRequest> read(
      const grpc::ByteBuffer& buffer);
  grpc::Status join(const std::string& proxy, const std::string& node);
  std::optional<grpc::ByteBuffer> next() ABSL_EXCLUSIVE_LOCKS_REQUIRED(group_->mutex);
  void end(const grpc::Status& status);

  StreamHost& host_;
  const Method& method_;
  Peer peer_;
  std::atomic<bool> awaits_verdict_ = false;  // about the token
  SotwAdapter sotw_;                          // of the reading thread
  std::shared_ptr<StreamReactor> self_;
  std::shared_ptr<ProxyGroup> group_;  // set by the first request, by the reading thread
  std::string proxy_, node_;
  grpc::ByteBuffer incoming_, outgoing_;
  // Guarded by the group's mutex, once there is a group.
  DeltaStream protocol_;
  bool writing_ = false;
  bool ended_ = false;  // Finish() has been or will be called
  grpc::Status end_status_;
};

}  // namespace limen::xds

#include "xds/server/stream_reactor.h"

#include <envoy/service/discovery/v3/discovery.pb.h>
#include <grpcpp/support/proto_buffer_reader.h>

namespace limen::xds {
namespace {

// A slice that shares the resource's bytes.
grpc::Slice share(const WireResourcePtr& resource) {
  auto* owner = std::make_unique<WireResourcePtr>(resource).release();
  return {const_cast<char*>(resource->bytes.data()), resource->bytes.size(),
          [](void* held) { std::unique_ptr<WireResourcePtr>(static_cast<WireResourcePtr*>(held)); },
          owner};
}

grpc::ByteBuffer buffer_of(const DeltaResponse& response) {
  std::vector<grpc::Slice> slices;
  slices.reserve(response.resources.size() + 1);
  slices.emplace_back(response.head);
  for (const WireResourcePtr& resource : response.resources) slices.push_back(share(resource));
  return {slices.data(), slices.size()};
}

}  // namespace

StreamReactor* StreamReactor::open(StreamHost& host) {
  std::shared_ptr<StreamReactor> reactor(
      new StreamReactor(host));  // NOLINT: the constructor is private
  reactor->self_ = reactor;
  reactor->StartRead(&reactor->incoming_);
  return reactor.get();
}

void StreamReactor::OnReadDone(bool ok) {
  if (!ok) return end(grpc::Status::OK);
  if (!take_in(incoming_))
    return end(
        {grpc::StatusCode::INVALID_ARGUMENT, "not a DeltaDiscoveryRequest, or without a node"});
  StartRead(&incoming_);
  pump();
}

bool StreamReactor::take_in(const grpc::ByteBuffer& buffer) {
  envoy::service::discovery::v3::DeltaDiscoveryRequest request;
  grpc::ByteBuffer copy(buffer);
  grpc::ProtoBufferReader reader(&copy);
  if (!reader.status().ok() || !request.ParseFromZeroCopyStream(&reader)) return false;
  if (group_ == nullptr) {
    if (request.node().cluster().empty()) return false;
    proxy_ = request.node().cluster();
    node_ = request.node().id();
    group_ = host_.group(proxy_);
    absl::MutexLock lock(&group_->mutex);
    group_->streams.insert(self_);
  } else if (request.has_node() && request.node().cluster() != proxy_) {
    return false;  // a stream does not change whose resources it sees
  }
  std::optional<Answer> answer;
  {
    absl::MutexLock lock(&group_->mutex);
    answer = protocol_.on_request(request);
  }
  if (answer && host_.settings().on_answer)
    host_.settings().on_answer({proxy_, node_, std::move(*answer)});
  return true;
}

void StreamReactor::pump() {
  std::optional<Clock::time_point> deadline;
  bool start = false;
  {
    absl::MutexLock lock(&group_->mutex);
    if (writing_ || ended_) return;
    const auto response = protocol_.next(group_->resources, Clock::now());
    deadline = protocol_.deadline();
    if (response) {
      start = writing_ = true;  // keeps other threads away, and OnDone() from coming
      outgoing_ = buffer_of(*response);
    }
  }
  if (deadline) host_.wake_at(*deadline);
  if (start) StartWrite(&outgoing_);
}

void StreamReactor::OnWriteDone(bool ok) {
  bool finish = false;
  {
    absl::MutexLock lock(&group_->mutex);
    writing_ = false;
    finish = ended_;
  }
  if (finish) return Finish(end_status_);
  if (ok) pump();
}

// Finish() may be called once, and not while a write is starting: then OnWriteDone() does it.
void StreamReactor::end(const grpc::Status& status) {
  if (group_ != nullptr) {
    absl::MutexLock lock(&group_->mutex);
    if (ended_) return;
    ended_ = true;
    end_status_ = status;
    if (writing_) return;
  }
  Finish(status);
}

void StreamReactor::OnDone() {
  if (group_ != nullptr) {
    absl::MutexLock lock(&group_->mutex);
    group_->streams.erase(self_);
  }
  const std::shared_ptr<StreamReactor> last = std::move(self_);
}

}  // namespace limen::xds

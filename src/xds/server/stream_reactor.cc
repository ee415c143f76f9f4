#include "xds/server/stream_reactor.h"

#include <envoy/service/discovery/v3/discovery.pb.h>
#include <grpcpp/support/proto_buffer_reader.h>

#include <algorithm>

namespace limen::xds {
namespace {

namespace discovery_v3 = envoy::service::discovery::v3;

// A slice that shares the bytes.
grpc::Slice share(std::shared_ptr<const std::string> bytes) {
  using Owner = std::shared_ptr<const std::string>;
  const std::string& shared = *bytes;
  auto* owner = std::make_unique<Owner>(std::move(bytes)).release();
  return {const_cast<char*>(shared.data()), shared.size(),
          [](void* held) { std::unique_ptr<Owner>(static_cast<Owner*>(held)); }, owner};
}

// What a client can make a stream keep is bounded by these.
constexpr size_t kMostNames = 500'000;
constexpr size_t kLongestName = 1024;  // bytes; ours have 600 at most

bool has_long_name(const discovery_v3::DeltaDiscoveryRequest& request) {
  const auto is_long = [](const std::string& name) { return name.size() > kLongestName; };
  const auto& names = request.resource_names_subscribe();
  const auto& known = request.initial_resource_versions();
  return std::any_of(names.begin(), names.end(), is_long) ||
         std::any_of(known.begin(), known.end(),
                     [&](const auto& entry) { return is_long(entry.first); });
}

grpc::ByteBuffer buffer_of(const DeltaResponse& response) {
  std::vector<grpc::Slice> slices;
  slices.reserve(response.resources.size() + 1);
  slices.emplace_back(response.head);
  for (const WireResourcePtr& resource : response.resources)
    slices.push_back(share(resource->bytes()));
  return {slices.data(), slices.size()};
}

}  // namespace

StreamReactor* StreamReactor::open(StreamHost& host,
                                   const grpc::GenericCallbackServerContext& context,
                                   const Method& method) {
  std::shared_ptr<StreamReactor> reactor(
      new StreamReactor(host, context, method));  // NOLINT: the constructor is private
  reactor->self_ = reactor;
  if (reactor->peer_.is_local || reactor->peer_.has_certificate)
    reactor->StartRead(&reactor->incoming_);
  else
    reactor->await_verdict();
  return reactor.get();
}

// Nothing is read of who has not shown anything.
void StreamReactor::await_verdict() {
  if (!host_.settings().verify_token || peer_.token.empty()) {
    return deny(grpc::StatusCode::UNAUTHENTICATED,
                peer_.address + " shows neither a certificate nor a bearer token");
  }
  awaits_verdict_ = true;
  host_.settings().verify_token(
      std::exchange(peer_.token, {}),
      [self = self_](const Result<std::string>& proxy) { self->take_verdict(proxy); });
}

void StreamReactor::take_verdict(const Result<std::string>& proxy) {
  if (!awaits_verdict_.exchange(false)) return;  // it has left
  if (!proxy) {
    return deny(grpc::StatusCode::UNAUTHENTICATED,
                peer_.address + ": its token: " + proxy.error().message);
  }
  peer_.token_proxy = *proxy;
  StartRead(&incoming_);
}

void StreamReactor::OnCancel() {
  if (awaits_verdict_.exchange(false)) Finish(grpc::Status::CANCELLED);
}

void StreamReactor::deny(grpc::StatusCode code, const std::string& why) {
  host_.log_denial(why);
  Finish({code, why});
}

void StreamReactor::OnReadDone(bool ok) {
  if (!ok) return end(grpc::Status::OK);
  if (const grpc::Status taken = take_in(incoming_); !taken.ok()) return end(taken);
  StartRead(&incoming_);
  pump();
}

std::optional<discovery_v3::DeltaDiscoveryRequest> StreamReactor::read(
    const grpc::ByteBuffer& buffer) {
  grpc::ByteBuffer copy(buffer);
  grpc::ProtoBufferReader reader(&copy);
  discovery_v3::DeltaDiscoveryRequest request;
  discovery_v3::DiscoveryRequest older;
  google::protobuf::Message& message =
      method_.sotw ? static_cast<google::protobuf::Message&>(older) : request;
  if (!reader.status().ok() || !message.ParseFromZeroCopyStream(&reader)) return std::nullopt;
  if (method_.sotw) request = sotw_.to_delta(older);
  if (method_.only) {
    if (request.type_url().empty()) request.set_type_url(std::string(type_url(*method_.only)));
    if (request.type_url() != type_url(*method_.only)) return std::nullopt;
  }
  return request;
}

grpc::Status StreamReactor::take_in(const grpc::ByteBuffer& buffer) {
  const auto request = read(buffer);
  if (!request)
    return {grpc::StatusCode::INVALID_ARGUMENT, "not a discovery request of this service"};
  if (group_ == nullptr) {
    grpc::Status joined = join(request->node().cluster(), request->node().id());
    if (!joined.ok()) return joined;
  } else if (request->has_node() && request->node().cluster() != proxy_) {
    return {grpc::StatusCode::INVALID_ARGUMENT, "node.cluster must not change on a stream"};
  }
  if (has_long_name(*request))
    return {grpc::StatusCode::INVALID_ARGUMENT, "a resource's name is too long"};
  std::optional<Answer> answer;
  {
    absl::MutexLock lock(&group_->mutex);
    answer = protocol_.on_request(*request);
    if (protocol_.names() > kMostNames)
      return {grpc::StatusCode::RESOURCE_EXHAUSTED, "the stream asks for too many resources"};
  }
  if (answer && host_.settings().on_answer)
    host_.settings().on_answer({proxy_, node_, std::move(*answer)});
  return grpc::Status::OK;
}

grpc::Status StreamReactor::join(const std::string& proxy, const std::string& node) {
  if (proxy.empty()) return {grpc::StatusCode::INVALID_ARGUMENT, "node.cluster is missing"};
  if (const Status allowed = authorise(peer_, proxy); !allowed) {
    host_.log_denial(allowed.error().message);
    return {grpc::StatusCode::PERMISSION_DENIED, allowed.error().message};
  }
  proxy_ = proxy;
  node_ = node;
  group_ = host_.group(proxy_);
  absl::MutexLock lock(&group_->mutex);
  group_->streams.insert(self_);
  return grpc::Status::OK;
}

// The next response's bytes.
std::optional<grpc::ByteBuffer> StreamReactor::next() {
  while (const auto response = protocol_.next(group_->resources, Clock::now())) {
    if (!method_.sotw) return buffer_of(*response);
    if (auto bytes = SotwAdapter::to_sotw(*response, protocol_, group_->resources)) {
      const grpc::Slice slice(*bytes);
      return grpc::ByteBuffer(&slice, 1);
    }
    discovery_v3::DeltaDiscoveryRequest acknowledged;
    acknowledged.set_type_url(std::string(type_url(response->type)));
    acknowledged.set_response_nonce(response->nonce);
    protocol_.on_request(acknowledged);
  }
  return std::nullopt;
}

void StreamReactor::pump() {
  std::optional<Clock::time_point> deadline;
  bool start = false;
  {
    absl::MutexLock lock(&group_->mutex);
    if (writing_ || ended_) return;
    auto response = next();
    deadline = protocol_.deadline();
    if (response) {
      start = writing_ = true;  // keeps other threads away, and OnDone() from coming
      outgoing_ = *response;
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
  host_.stream_ended();
  const std::shared_ptr<StreamReactor> last = std::move(self_);
}

}  // namespace limen::xds

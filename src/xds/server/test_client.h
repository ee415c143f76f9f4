// An xDS client for tests, which may behave badly.
#pragma once

#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/grpcpp.h>

#include <chrono>
#include <memory>
#include <optional>
#include <string>

#include "pki/authority.h"

namespace limen::xds {

// Trusts `ca`; shows `own` if it has a certificate.
inline std::shared_ptr<grpc::Channel> connect(int port, const std::string& ca,
                                              const pki::KeyPair& own = {}) {
  grpc::SslCredentialsOptions options{ca, own.key, own.certificate};
  grpc::ChannelArguments arguments;
  arguments.SetSslTargetNameOverride("limen");
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  arguments.SetMaxSendMessageSize(-1);
  return grpc::CreateCustomChannel("127.0.0.1:" + std::to_string(port),
                                   grpc::SslCredentials(options), arguments);
}

// One stream.  Its life is a minute at most.
class ClientStream {
 public:
  ClientStream(const std::shared_ptr<grpc::Channel>& channel, const std::string& path,
               const std::string& authorization = "")
      : stub_(channel) {
    context_.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(60));
    if (!authorization.empty()) context_.AddMetadata("authorization", authorization);
    call_ = stub_.PrepareCall(&context_, path, &queue_);
    call_->StartCall(this);
    wait();
  }
  ~ClientStream() {
    cancel();
    if (!finished_) finish();
    queue_.Shutdown();
    for (void* tag; bool ok = queue_.Next(&tag, &ok);) {
    }
  }
  ClientStream(const ClientStream&) = delete;
  ClientStream& operator=(const ClientStream&) = delete;

  bool write(const std::string& bytes) {
    const grpc::Slice slice(bytes);
    call_->Write(grpc::ByteBuffer(&slice, 1), this);
    return wait();
  }
  // nullopt: the stream has ended.
  std::optional<std::string> read() {
    grpc::ByteBuffer buffer;
    call_->Read(&buffer, this);
    if (!wait()) return std::nullopt;
    grpc::Slice slice;
    if (!buffer.DumpToSingleSlice(&slice).ok()) return std::nullopt;
    return std::string(reinterpret_cast<const char*>(slice.begin()), slice.size());
  }
  void cancel() { context_.TryCancel(); }
  grpc::Status finish() {
    finished_ = true;
    grpc::Status status;
    call_->Finish(&status, this);
    wait();
    return status;
  }

 private:
  bool wait() {
    void* tag = nullptr;
    bool ok = false;
    return queue_.Next(&tag, &ok) && ok;
  }

  grpc::GenericStub stub_;
  grpc::ClientContext context_;
  grpc::CompletionQueue queue_;
  std::unique_ptr<grpc::GenericClientAsyncReaderWriter> call_;
  bool finished_ = false;
};

}  // namespace limen::xds

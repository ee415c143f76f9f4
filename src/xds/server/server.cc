#include "xds/server/server.h"

#include <absl/container/flat_hash_map.h>
#include <fmt/format.h>
#include <grpc/support/log.h>
#include <grpcpp/grpcpp.h>
#include <grpcpp/security/tls_certificate_provider.h>
#include <grpcpp/security/tls_credentials_options.h>
#include <sys/stat.h>
#include <unistd.h>

#include <thread>

#include "base/log.h"
#include "xds/server/stream_reactor.h"

namespace limen::xds {
namespace {

// Answers what is not served.
class Unimplemented : public grpc::ServerGenericBidiReactor {
 public:
  Unimplemented() {
    Finish({grpc::StatusCode::UNIMPLEMENTED, "no discovery service of this name is served"});
  }
  void OnDone() override { const std::unique_ptr<Unimplemented> last(this); }
};

// gRPC's own messages join Limen's log.
void log_of_grpc(gpr_log_func_args* args) {
  if (args->severity == GPR_LOG_SEVERITY_ERROR)
    log::warn("grpc", "{}", args->message);
  else
    log::debug("grpc", "{}", args->message);
}

std::shared_ptr<grpc::ServerCredentials> mutual_tls(const ServerSettings& settings) {
  constexpr unsigned kRefreshSeconds = 10;
  auto provider = std::make_shared<grpc::experimental::FileWatcherCertificateProvider>(
      settings.key_file, settings.certificate_file, settings.ca_file, kRefreshSeconds);
  grpc::experimental::TlsServerCredentialsOptions options(provider);
  options.watch_root_certs();
  options.watch_identity_key_cert_pairs();
  options.set_cert_request_type(GRPC_SSL_REQUEST_AND_REQUIRE_CLIENT_CERTIFICATE_AND_VERIFY);
  return grpc::experimental::TlsServerCredentials(options);
}

}  // namespace

class Server::Core : public StreamHost, public grpc::CallbackGenericService {
 public:
  explicit Core(ServerSettings settings) : settings_(std::move(settings)) {}
  ~Core() override { stop(); }

  Status start() {
    gpr_set_log_function(log_of_grpc);
    for (const std::string& file :
         {settings_.certificate_file, settings_.key_file, settings_.ca_file}) {
      if (!settings_.tcp_address.empty() && ::access(file.c_str(), R_OK) != 0)
        return Error{fmt::format("the xDS server cannot read {}", file)};
    }
    grpc::ServerBuilder builder;
    builder.RegisterCallbackGenericService(this);
    builder.SetMaxReceiveMessageSize(32 << 20);
    builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIME_MS, 30'000);
    builder.AddChannelArgument(GRPC_ARG_HTTP2_MIN_RECV_PING_INTERVAL_WITHOUT_DATA_MS, 5'000);
    if (!settings_.unix_socket.empty()) {
      ::unlink(settings_.unix_socket
                   .c_str());  // of a process that is gone: the state folder's lock says so
      builder.AddListeningPort("unix:" + settings_.unix_socket, grpc::InsecureServerCredentials());
    }
    if (!settings_.tcp_address.empty())
      builder.AddListeningPort(settings_.tcp_address, mutual_tls(settings_));
    const mode_t mask = ::umask(0177);
    server_ = builder.BuildAndStart();
    ::umask(mask);
    if (server_ == nullptr)
      return Error{fmt::format("the xDS server cannot listen on {} {}", settings_.unix_socket,
                               settings_.tcp_address)};
    timer_ = std::thread([this] { run_timer(); });
    return {};
  }

  void apply(const std::vector<ResourceChange>& changes) {
    std::set<std::shared_ptr<ProxyGroup>> touched;
    const auto now = Clock::now();
    // A proxy's changes become visible to its streams at once.
    absl::flat_hash_map<std::string, std::vector<const ResourceChange*>> by_proxy;
    for (const ResourceChange& change : changes) by_proxy[change.proxy].push_back(&change);
    for (const auto& [proxy, list] : by_proxy) {
      const auto it = group(proxy);
      absl::MutexLock lock(&it->mutex);
      for (const ResourceChange* change : list) it->resources.apply(*change, now);
      touched.insert(it);
    }
    for (const auto& it : touched) wake(*it);
  }

  size_t streams(const std::string& proxy) {
    const auto it = group(proxy);
    absl::MutexLock lock(&it->mutex);
    return it->streams.size();
  }

  // ---- StreamHost
  std::shared_ptr<ProxyGroup> group(const std::string& proxy) override {
    absl::MutexLock lock(&mutex_);
    auto& it = groups_[proxy];
    if (it == nullptr) it = std::make_shared<ProxyGroup>(settings_.linger);
    return it;
  }
  void wake_at(Clock::time_point time) override {
    absl::MutexLock lock(&mutex_);
    if (!wake_at_ || time < *wake_at_) wake_at_ = time;
    changed_.Signal();
  }
  const ServerSettings& settings() const override { return settings_; }

 private:
  // ---- grpc::CallbackGenericService
  grpc::ServerGenericBidiReactor* CreateReactor(
      grpc::GenericCallbackServerContext* context) override {
    if (const Method* method = find_method(context->method()))
      return StreamReactor::open(*this, *context, *method);
    return std::make_unique<Unimplemented>().release();
  }

  void wake(ProxyGroup& it) {
    std::vector<std::shared_ptr<StreamReactor>> streams;
    std::optional<Clock::time_point> expiry;
    {
      absl::MutexLock lock(&it.mutex);
      streams.assign(it.streams.begin(), it.streams.end());
      expiry = it.resources.next_expiry();
    }
    for (const auto& stream : streams) stream->pump();
    if (expiry) wake_at(*expiry);
  }

  // Sleeps until something lingers no longer or patience ends.
  void run_timer() {
    for (;;) {
      std::vector<std::shared_ptr<ProxyGroup>> groups;
      {
        absl::MutexLock lock(&mutex_);
        while (!stopping_ && (!wake_at_ || *wake_at_ > Clock::now())) {
          if (wake_at_) {
            changed_.WaitWithTimeout(&mutex_, absl::FromChrono(*wake_at_ - Clock::now()));
          } else {
            changed_.Wait(&mutex_);
          }
        }
        if (stopping_) return;
        wake_at_.reset();
        for (const auto& [proxy, it] : groups_) groups.push_back(it);
      }
      for (const auto& it : groups) {
        {
          absl::MutexLock lock(&it->mutex);
          it->resources.expire(Clock::now());
        }
        wake(*it);
      }
    }
  }

  void stop() {
    if (server_ != nullptr)
      server_->Shutdown(std::chrono::system_clock::now() + std::chrono::milliseconds(200));
    {
      absl::MutexLock lock(&mutex_);
      stopping_ = true;
      changed_.Signal();
    }
    if (timer_.joinable()) timer_.join();
    server_.reset();
  }

  const ServerSettings settings_;
  std::unique_ptr<grpc::Server> server_;
  std::thread timer_;
  absl::Mutex mutex_;
  absl::CondVar changed_;
  absl::flat_hash_map<std::string, std::shared_ptr<ProxyGroup>> groups_ ABSL_GUARDED_BY(mutex_);
  std::optional<Clock::time_point> wake_at_ ABSL_GUARDED_BY(mutex_);
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
};

Server::Server(std::unique_ptr<Core> core) : core_(std::move(core)) {}
Server::~Server() = default;

Result<std::unique_ptr<Server>> Server::start(ServerSettings settings) {
  auto core = std::make_unique<Core>(std::move(settings));
  if (Status status = core->start(); !status) return status.error();
  return std::unique_ptr<Server>(
      new Server(std::move(core)));  // NOLINT: the constructor is private
}

void Server::apply(const std::vector<ResourceChange>& changes) { core_->apply(changes); }
size_t Server::streams(const std::string& proxy) const { return core_->streams(proxy); }

}  // namespace limen::xds

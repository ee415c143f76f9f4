#include "xds/server/server.h"

#include <absl/container/flat_hash_map.h>
#include <fmt/format.h>
#include <grpc/support/log.h>
#include <grpcpp/grpcpp.h>
#include <grpcpp/security/tls_certificate_provider.h>
#include <grpcpp/security/tls_credentials_options.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <random>
#include <thread>

#include "base/log.h"
#include "xds/server/stream_reactor.h"

namespace limen::xds {
namespace {

// Answers what is not served, or not now.
class Refusal : public grpc::ServerGenericBidiReactor {
 public:
  explicit Refusal(const grpc::Status& status) { Finish(status); }
  void OnDone() override { const std::unique_ptr<Refusal> last(this); }
};

// Who tries often does not fill the log.
class LogLimit {
 public:
  bool allows() {
    constexpr auto kSpan = std::chrono::seconds(1);
    constexpr int kMost = 20;
    absl::MutexLock lock(&mutex_);
    if (const auto now = Clock::now(); now - since_ > kSpan) {
      since_ = now;
      count_ = 0;
    }
    return ++count_ <= kMost;
  }

 private:
  absl::Mutex mutex_;
  Clock::time_point since_ ABSL_GUARDED_BY(mutex_);
  int count_ ABSL_GUARDED_BY(mutex_) = 0;
};

// gRPC's own messages join Limen's log.
void log_of_grpc(gpr_log_func_args* args) {
  static LogLimit limit;  // gRPC has one log function a process
  if (!limit.allows()) return;
  if (args->severity == GPR_LOG_SEVERITY_ERROR)
    log::warn("grpc", "{}", args->message);
  else
    log::debug("grpc", "{}", args->message);
}

std::shared_ptr<grpc::ServerCredentials> tls_by_files(const ServerSettings& settings) {
  constexpr unsigned kRefreshSeconds = 10;
  auto provider = std::make_shared<grpc::experimental::FileWatcherCertificateProvider>(
      settings.key_file, settings.certificate_file, settings.ca_file, kRefreshSeconds);
  grpc::experimental::TlsServerCredentialsOptions options(provider);
  options.watch_root_certs();
  options.watch_identity_key_cert_pairs();
  options.set_cert_request_type(settings.verify_token
                                    ? GRPC_SSL_REQUEST_CLIENT_CERTIFICATE_AND_VERIFY
                                    : GRPC_SSL_REQUEST_AND_REQUIRE_CLIENT_CERTIFICATE_AND_VERIFY);
  return grpc::experimental::TlsServerCredentials(options);
}

// Connections come back from time to time, not all together.
std::chrono::milliseconds connection_age() {
  std::uniform_int_distribution<int> minutes(10 * 60, 12 * 60);
  std::random_device random;
  return std::chrono::minutes(minutes(random));
}

void set_limits(const ServerSettings& settings, grpc::ServerBuilder& builder) {
  const auto age =
      settings.connection_age.count() == 0 ? connection_age() : settings.connection_age;
  builder.SetMaxReceiveMessageSize(32 << 20);
  for (const auto& [argument, value] : std::initializer_list<std::pair<const char*, int>>{
           {GRPC_ARG_KEEPALIVE_TIME_MS, 30'000},
           {GRPC_ARG_KEEPALIVE_PERMIT_WITHOUT_CALLS, 1},
           {GRPC_ARG_HTTP2_MIN_RECV_PING_INTERVAL_WITHOUT_DATA_MS, 15'000},
           {GRPC_ARG_SERVER_HANDSHAKE_TIMEOUT_MS, 20'000},
           {GRPC_ARG_MAX_CONNECTION_IDLE_MS, 300'000},
           {GRPC_ARG_MAX_CONNECTION_AGE_MS, static_cast<int>(age.count())},
           {GRPC_ARG_MAX_CONNECTION_AGE_GRACE_MS, 120'000},
           {GRPC_ARG_MAX_CONCURRENT_STREAMS, 1000}})
    builder.AddChannelArgument(argument, value);
}

}  // namespace

class Server::Core : public StreamHost, public grpc::CallbackGenericService {
 public:
  explicit Core(ServerSettings settings)
      : settings_(std::move(settings)), certificates_(settings_.identity.value_or(TlsIdentity{})) {}
  ~Core() override { stop(); }

  Status start() {
    gpr_set_log_function(log_of_grpc);
    if (Status readable = check_files(); !readable) return readable;
    grpc::ServerBuilder builder;
    builder.RegisterCallbackGenericService(this);
    set_limits(settings_, builder);
    if (!settings_.unix_socket.empty()) {
      ::unlink(settings_.unix_socket
                   .c_str());  // of a process that is gone: the state folder's lock says so
      builder.AddListeningPort("unix:" + settings_.unix_socket, grpc::InsecureServerCredentials());
    }
    if (!settings_.tcp_address.empty())
      builder.AddListeningPort(settings_.tcp_address, tcp_credentials(), &port_);
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

  void set_identity(TlsIdentity identity) { certificates_.set(std::move(identity)); }
  int port() const { return port_; }
  int open_streams() const { return open_streams_; }

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
  void stream_ended() override { --open_streams_; }
  void log_denial(const std::string& why) override {
    if (denials_.allows()) log::warn("xds", "denied: {}", why);
  }

 private:
  Status check_files() const {
    if (settings_.tcp_address.empty() || settings_.identity) return {};
    for (const std::string& file :
         {settings_.certificate_file, settings_.key_file, settings_.ca_file}) {
      if (::access(file.c_str(), R_OK) != 0)
        return Error{fmt::format("the xDS server cannot read {}", file)};
    }
    return {};
  }

  std::shared_ptr<grpc::ServerCredentials> tcp_credentials() {
    if (!settings_.identity) return tls_by_files(settings_);
    return tls_credentials(certificates_, settings_.verify_token ? ClientCertificates::kOptional
                                                                 : ClientCertificates::kRequired);
  }

  // ---- grpc::CallbackGenericService
  grpc::ServerGenericBidiReactor* CreateReactor(
      grpc::GenericCallbackServerContext* context) override {
    const Method* method = find_method(context->method());
    if (method == nullptr)
      return refuse(
          {grpc::StatusCode::UNIMPLEMENTED, "no discovery service of this name is served"});
    if (++open_streams_ > settings_.max_streams) {
      --open_streams_;
      return refuse({grpc::StatusCode::RESOURCE_EXHAUSTED, "there are too many streams"});
    }
    return StreamReactor::open(*this, *context, *method);
  }

  static grpc::ServerGenericBidiReactor* refuse(const grpc::Status& status) {
    return std::make_unique<Refusal>(status).release();
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
  Certificates certificates_;
  std::atomic<int> open_streams_ = 0;
  int port_ = 0;
  std::unique_ptr<grpc::Server> server_;  // below what its threads use
  std::thread timer_;
  absl::Mutex mutex_;
  absl::CondVar changed_;
  absl::flat_hash_map<std::string, std::shared_ptr<ProxyGroup>> groups_ ABSL_GUARDED_BY(mutex_);
  std::optional<Clock::time_point> wake_at_ ABSL_GUARDED_BY(mutex_);
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  LogLimit denials_;
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
void Server::set_identity(TlsIdentity identity) { core_->set_identity(std::move(identity)); }
int Server::port() const { return core_->port(); }
int Server::open_streams() const { return core_->open_streams(); }
size_t Server::streams(const std::string& proxy) const { return core_->streams(proxy); }

}  // namespace limen::xds

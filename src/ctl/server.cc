// `limen server`: objects of an API server in, xDS to Envoys that run elsewhere out.  One thread,
// the event loop's, owns objects and translation; the API client and the xDS server have theirs.
#include <fmt/format.h>
#include <unistd.h>

#include <filesystem>
#include <random>

#include "base/log.h"
#include "ctl/commands.h"
#include "ctl/control.h"
#include "ctl/status_socket.h"
#include "ctl/xds_access.h"
#include "kube/client.h"
#include "kube/elector.h"
#include "providers/kube/cluster.h"
#include "providers/kube/status_writer.h"

namespace limen::ctl {
namespace {

constexpr int32_t kFirstUnprivilegedPort = 1024;  // in a container, as Envoy Gateway has it

class Server {
 public:
  Server(const ServerOptions& options, kube::Config config)
      : options_(options),
        control_(translate_options(options), [this](const auto& output) { take_statuses(output); }),
        status_socket_(control_.loop(),
                       [this](const std::string& request) { return answer(request); }),
        cluster_(
            {options.namespaces}, [this](const auto& sighting) { statuses_.see(sighting); },
            [this] { await_more(); }),
        statuses_({translate::Options().controller_name}, control_.loop(), sender()),
        access_(options, config.name_space, control_.loop(), sender(), [this] { take_identity(); }),
        elector_(elector_settings(config), control_.loop(), sender(),
                 [this](bool leads) { set_active(leads); }),
        client_(std::move(config), client_settings(options), control_.loop()) {}

  Status start() {
    if (Status listening = status_socket_.listen(status_socket_of(options_.state_dir)); !listening)
      return listening;
    control_.on_signals([this] { elector_.release([this] { control_.loop().stop(); }); });
    for (kube::Follow& follow : access_.follows()) client_.follow(std::move(follow));
    for (kube::Follow& follow : cluster_.follows()) client_.follow(std::move(follow));
    return {};
  }

  // Until a signal, or what makes going on impossible.
  Status run() {
    control_.loop().run();
    return failure_;
  }

 private:
  kube::Elector::Send sender() {
    return [this](kube::Request request, std::function<void(kube::Answer)> done) {
      client_.send(std::move(request), std::move(done));
    };
  }

  static translate::Options translate_options(const ServerOptions& options) {
    translate::Options result;
    result.first_unprivileged_port = kFirstUnprivilegedPort;
    result.addresses = options.addresses;
    return result;
  }

  static kube::ElectorSettings elector_settings(const kube::Config& config) {
    char host[256] = "";
    ::gethostname(host, sizeof(host) - 1);
    kube::ElectorSettings settings;
    settings.name_space = config.name_space;
    settings.name = kLeaseName;
    settings.identity = fmt::format("{}_{}_{:x}", host, ::getpid(), std::random_device()());
    return settings;
  }

  static kube::ClientSettings client_settings(const ServerOptions& options) {
    kube::ClientSettings settings;
    settings.watch_idle = std::chrono::seconds(options.watch_idle_s);
    return settings;
  }

  std::string answer(const std::string& request) {
    return request == "status" ? to_json(control_.board().report()) + "\n" : "{}\n";
  }

  // What several watches learn at the same time is translated together.
  void await_more() {
    if (std::exchange(scheduled_, true)) return;
    control_.loop().post([this] {
      scheduled_ = false;
      translate_changes();
    });
  }

  // Envoys that connect before everything is known would be told that the rest is gone: they are
  // let in afterwards.
  void translate_changes() {
    if (!cluster_.synced() || !access_.ready()) return;
    const bool first = !serving_;
    if (first) {
      if (failure_ = serve(); !failure_) return control_.loop().stop();
      serving_ = true;
    }
    api::ChangeBatch changes = cluster_.take_changes();
    control_.set_problems(cluster_.problems(), "kube");
    control_.apply({std::move(changes), {}, {}});
    if (first && options_.leader_elect) elector_.start();
    if (first && !options_.leader_elect) set_active(true);
  }

  void set_active(bool active) {
    statuses_.set_active(active);
    access_.set_active(active);
  }

  void take_identity() {
    if (serving_)
      control_.set_identity(access_.identity());
    else
      await_more();
  }

  void take_statuses(const translate::Output& output) {
    for (const translate::StatusChange& change : output.statuses) statuses_.want(change);
    statuses_.settle();
  }

  Status serve() {
    log::info("kube", "all kinds are listed: {} objects", cluster_.objects());
    xds::ServerSettings settings;
    access_.fill(settings);
    if (Status serving = control_.serve_xds(std::move(settings)); !serving) return serving;
    log::info("limen",
              "xDS on {}; this version starts no Envoys in the cluster: start them with what "
              "`limen bootstrap` prints",
              options_.xds_address);
    return {};
  }

  const ServerOptions options_;
  Control control_;
  StatusSocket status_socket_;
  providers::Cluster cluster_;
  providers::StatusWriter statuses_;
  XdsAccess access_;
  kube::Elector elector_;
  kube::Client client_;  // below what it tells
  bool scheduled_ = false, serving_ = false;
  Status failure_;
};

int failed(const Error& error) {
  fmt::print(stderr, "limen: {}\n", error.message);
  return kFailed;
}

}  // namespace

int server(ServerOptions options) {
  log::configure(options.log_level, log::Format::kText);
  block_signals();
  options.state_dir = std::filesystem::absolute(options.state_dir).lexically_normal().string();
  const Result<UniqueFd> lock = lock_state(options.state_dir);
  if (!lock) return failed(lock.error());
  kube::ConfigPlaces places;
  places.kubeconfig = options.kubeconfig;
  Result<kube::Config> config = kube::find_config(places);
  if (!config) return failed(config.error());
  log::info("kube", "API server {}, by {}", config->authority(), config->source);
  Server server(options, std::move(*config));
  if (Status started = server.start(); !started) return failed(started.error());
  if (Status ended = server.run(); !ended) return failed(ended.error());
  return kOk;
}

}  // namespace limen::ctl

// `limen server`: objects of an API server in, xDS to Envoys that run elsewhere out.  One thread,
// the event loop's, owns objects and translation; the API client and the xDS server have theirs.
#include <fmt/format.h>
#include <unistd.h>

#include <filesystem>
#include <random>

#include "base/log.h"
#include "ctl/acme.h"
#include "ctl/commands.h"
#include "ctl/control.h"
#include "ctl/cookie_key.h"
#include "ctl/kube_certificates.h"
#include "ctl/pod_files.h"
#include "ctl/probes.h"
#include "ctl/status_socket.h"
#include "ctl/xds_access.h"
#include "infra/authority/cookie_secret.h"
#include "infra/kube/kube.h"
#include "kube/client.h"
#include "kube/elector.h"
#include "providers/kube/cluster.h"
#include "providers/kube/snapshot.h"
#include "providers/kube/status_writer.h"

namespace limen::ctl {
namespace {

constexpr std::chrono::seconds kSweepEvery{30};
constexpr std::chrono::seconds kLongestWait{6};  // a provider is asked for 5 s
constexpr std::chrono::milliseconds kLookAgain{20};
constexpr int32_t kFirstUnprivilegedPort = 1024;  // in a container, as Envoy Gateway has it

// What was found out before it starts.
struct ServerParts {
  kube::Config config;
  xds::Address xds_service;  // by which pods reach this
};

// Of the Deployment that deploy/ has.
std::string xds_service_of(const ServerOptions& options, const std::string& name_space) {
  if (!options.xds_service.empty()) return options.xds_service;
  const std::string port = options.xds_address.substr(options.xds_address.rfind(':') + 1);
  return fmt::format("{}:{}", infra::xds_host(name_space), port);
}

translate::ProxyState state_of(const infra::KubeProxyState& state) {
  return {state.proxy, state.running, state.message, state.addresses, state.cluster_addresses};
}

class Server {
 public:
  Server(const ServerOptions& options, ServerParts parts)
      : options_(options),
        xds_service_(std::move(parts.xds_service)),
        control_(translate_options(options), options.state_dir,
                 [this](const auto& output) { take_output(output); }),
        status_socket_(control_.loop(),
                       [this](const std::string& request) { return answer(request); }),
        cluster_({translate_options(options).controller_name, options.namespaces,
                  options.namespace_selector},
                 control_.loop(), sender(),
                 {[this](kube::Follow follow) { client_.follow(std::move(follow)); },
                  [this](const auto& sighting) { statuses_.see(sighting); },
                  [this](api::Kind kind, const api::ObjectKey& key, const auto* refusal) {
                    statuses_.refuse(kind, key, refusal);
                  },
                  [this] { await_more(); }}),
        statuses_({translate_options(options).controller_name}, control_.loop(), sender()),
        access_(options, parts.config.name_space, control_.loop(), sender(),
                [this] { take_identity(); }),
        cookie_secret_({.name_space = parts.config.name_space}, control_.loop(), sender(),
                       [this](const std::string& key) { use_cookie_key(key); }),
        kube_(kube_settings(parts.config), control_.loop(), sender()),
        elector_(elector_settings(parts.config), control_.loop(), sender(),
                 [this](bool leads) { set_active(leads); }),
        probes_(control_.loop(), [this] { return acme_.metrics(); }),
        snapshot_({options.state_dir + "/objects", parts.config.authority()}, control_.loop(),
                  [this] { return cluster_.in_force(); }),
        certificates_(parts.config.name_space, options.namespaces, sender(),
                      [this] { take_challenges(); }),
        acme_(control_, certificates_, acme_settings(options)),
        client_(std::move(parts.config), client_settings(options), control_.loop()) {}

  Status start() {
    if (Status listening = status_socket_.listen(status_socket_of(options_.state_dir)); !listening)
      return listening;
    if (Status listening = answer_at(options_.health_address, probes_); !listening)
      return listening;
    control_.on_signals([this] { elector_.release([this] { control_.loop().stop(); }); });
    for (kube::Follow& follow : access_.follows()) client_.follow(std::move(follow));
    client_.follow(cookie_secret_.follow());
    if (const auto key = read_cookie_key(options_.state_dir)) take_cookie_key(*key);
    if (options_.obtain_certificates) {
      for (kube::Follow& follow : certificates_.follows()) client_.follow(std::move(follow));
    }
    restore();
    cluster_.start();
    if (options_.start_envoys) {
      for (kube::Follow& follow : kube_.follows()) client_.follow(std::move(follow));
    }
    sweep();
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
    if (!options.controller_name.empty()) result.controller_name = options.controller_name;
    result.first_unprivileged_port = kFirstUnprivilegedPort;
    result.gateway_namespaces = options.gateway_namespace_mode;
    result.acme = options.obtain_certificates;
    result.acme_staging = options.acme.staging;
    if (options.start_envoys)
      result.platform = translate::Platform::kKubernetes;
    else
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

  infra::KubeSettings kube_settings(const kube::Config& config) {
    infra::KubeSettings settings;
    settings.render.name_space = config.name_space;
    settings.render.gateway_namespaces = options_.gateway_namespace_mode;
    settings.namespaces = options_.namespaces;
    settings.render.image = options_.image;
    settings.render.token_audience = infra::xds_host(config.name_space);
    settings.files = [this, render = settings.render](const infra::ProxyPlan& plan) {
      return pod_files(
          plan, {xds_service_, infra::uses_token(plan, render), access_.certificates()->ca()});
    };
    settings.credentials = [this](const infra::ProxyPlan& plan, const auto& present) {
      return credentials_of(plan.proxy, present);
    };
    settings.on_synced = [this] { await_more(); };
    settings.follow = [this](kube::Follow follow) { client_.follow(std::move(follow)); };
    settings.on_state = [this](const infra::KubeProxyState& state) {
      control_.loop().post([this, state] { control_.apply({{}, {}, {state_of(state)}}); });
    };
    return settings;
  }

  std::optional<infra::Credentials> credentials_of(
      const std::string& proxy, const std::optional<infra::Credentials>& present) const {
    const infra::AuthoritySecrets& authority = *access_.certificates();
    if (present && authority.reason_to_renew(*present, proxy).empty()) return present;
    auto issued = authority.issue(proxy);
    if (issued) return std::move(*issued);
    log::error("infra", "no certificate can be made for {}: {}", proxy, issued.error().message);
    return std::nullopt;
  }

  static kube::ClientSettings client_settings(const ServerOptions& options) {
    kube::ClientSettings settings;
    settings.watch_idle = std::chrono::seconds(options.watch_idle_s);
    return settings;
  }

  void sweep() {
    cluster_.sweep();
    control_.loop().after(kSweepEvery, [this] { sweep(); });
  }

  std::string answer(const std::string& request) {
    if (request != "status") return "{}\n";
    Json report = control_.board().report();
    report.set("certificates", acme_.report());
    return to_json(report) + "\n";
  }

  // What was in force in the last run is served until the API server has told what there is.
  void restore() {
    Result<std::vector<Json>> objects = snapshot_.read();
    if (!objects) return log::warn("kube", "{}; it is ignored", objects.error().message);
    for (Json& object : *objects) cluster_.restore(std::move(object));
    restored_ = cluster_.take_changes();
    if (restored_.empty()) return;
    log::info("kube",
              "{} objects of the last run are served until the API server has told what "
              "there is",
              restored_.size());
    await_more();
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
    if (access_.can_serve() && !restored_.empty()) {
      control_.apply({std::exchange(restored_, {}), {}, {}});
      serve_soon();
    }
    if (!cluster_.synced() || !access_.ready()) return;
    if (options_.start_envoys && !kube_.synced()) return;
    const bool first = !std::exchange(listed_, true);
    if (first) log::info("kube", "all kinds are listed: {} objects", cluster_.objects());
    api::ChangeBatch changes = cluster_.take_changes();
    if (!changes.empty()) snapshot_.changed();
    control_.set_problems(cluster_.problems(), "kube");
    control_.apply({std::move(changes), {}, {}});
    if (!first) return;
    serve_soon();
    kube_.know_all_plans();
    if (options_.leader_elect)
      elector_.start();
    else
      set_active(true);
  }

  void set_active(bool active) {
    leads_ = active;
    take_challenges();
    statuses_.set_active(active);
    access_.set_active(active);
    if (options_.start_envoys) kube_.set_active(active);
  }

  void obtain_certificates() {
    acme_.set_active(leads_ && options_.obtain_certificates && certificates_.ready());
  }

  // Certificates that are kept have been listed, or the leader's challenges are others now.
  void take_challenges() {
    obtain_certificates();
    if (!serving_) return;
    translate::Input input;
    for (const auto& [proxy, token] : shown_) input.challenges.push_back({proxy, token, {}});
    shown_.clear();
    if (!leads_) {
      for (const translate::ChallengeChange& change : certificates_.challenges()) {
        input.challenges.push_back(change);
        shown_.emplace_back(change.proxy, change.token);
      }
    }
    if (!input.challenges.empty()) control_.apply(input);
  }

  AcmeSettings acme_settings(const ServerOptions& options) {
    AcmeSettings settings;
    settings.hooks = options.acme.dns_hooks;
    settings.publish = [this](const auto& all, auto done) {
      certificates_.save_challenges(all, std::move(done));
    };
    return settings;
  }

  // Certificates have come, or are others now, or it is time to look at those of proxies.
  void take_identity() {
    await_more();
    if (serving_ && access_.can_serve()) control_.set_identity(access_.identity());
    if (listed_ && options_.start_envoys) kube_.refresh();
  }

  void take_output(const translate::Output& output) {
    acme_.take(output);
    // Of what is restored no pod is made: those of the last run are not known yet.
    plans_.insert(plans_.end(), output.plans.begin(), output.plans.end());
    if (listed_) {
      for (const infra::PlanChange& plan : std::exchange(plans_, {})) {
        if (options_.start_envoys) kube_.apply(plan);
      }
    }
    for (const translate::StatusChange& change : output.statuses) statuses_.want(change);
    statuses_.settle();
  }

  // Also for a start without the API server.
  void use_cookie_key(const std::string& key) {
    if (const Status kept = write_cookie_key(options_.state_dir, key); !kept)
      log::warn("limen", "{}", kept.error().message);
    take_cookie_key(key);
  }

  void take_cookie_key(const std::string& key) {
    has_cookie_key_ = true;
    control_.apply({{}, {}, {}, {}, key});
  }

  // Envoys that connect before it is known how users log in would be told that nobody may.
  void serve_soon() {
    if (serving_) return;
    const auto now = EventLoop::Clock::now();
    if (!serve_by_) serve_by_ = now + kLongestWait;
    const bool settled = control_.settled() && has_cookie_key_;
    if (!settled && now < *serve_by_) {
      if (!std::exchange(waits_, true)) {
        control_.loop().after(kLookAgain, [this] {
          waits_ = false;
          serve_soon();
        });
      }
      return;
    }
    if (failure_ = serve(); !failure_) control_.loop().stop();
  }

  // Once.
  Status serve() {
    if (std::exchange(serving_, true)) return {};
    xds::ServerSettings settings;
    access_.fill(settings);
    if (Status serving = control_.serve_xds(std::move(settings)); !serving) return serving;
    probes_.set_ready();
    log::info("limen", "xDS on {}{}", options_.xds_address,
              options_.start_envoys
                  ? ""
                  : "; start Envoys with what `limen bootstrap` prints (--start-envoys=false)");
    return {};
  }

  const ServerOptions options_;
  const xds::Address xds_service_;
  Control control_;
  StatusSocket status_socket_;
  providers::Cluster cluster_;
  providers::StatusWriter statuses_;
  XdsAccess access_;
  infra::CookieSecret cookie_secret_;
  infra::Kube kube_;
  kube::Elector elector_;
  http::Probes probes_;
  providers::SnapshotKeeper snapshot_;
  KubeCertificates certificates_;
  Acme acme_;
  kube::Client client_;                                     // below what it tells
  std::vector<std::pair<std::string, std::string>> shown_;  // challenges of the leader, here
  api::ChangeBatch restored_;                               // not applied yet
  std::vector<infra::PlanChange> plans_;                    // not told yet
  bool scheduled_ = false, listed_ = false, serving_ = false, has_cookie_key_ = false;
  bool leads_ = false;
  bool waits_ = false;  // serve_soon() comes again
  std::optional<EventLoop::Clock::time_point> serve_by_;
  Status failure_;
};

Result<ServerParts> parts_of(const ServerOptions& options, kube::Config config) {
  ServerParts parts;
  auto service = xds::parse_address(xds_service_of(options, config.name_space));
  if (!service) return with_context(service.error(), "--xds-service");
  parts.xds_service = std::move(*service);
  if (options.start_envoys && !options.xds_certs_dir.empty()) {
    return Error{
        "--xds-certs: the Envoys that Limen starts get certificates by the authority in its "
        "Secrets: leave this flag out, or start them yourself (--start-envoys=false)"};
  }
  parts.config = std::move(config);
  return parts;
}

int failed(const Error& error) {
  fmt::print(stderr, "limen: {}\n", error.message);
  return kFailed;
}

}  // namespace

int server(ServerOptions options) {
  log::configure(options.log_level, log::Format::kText);
  block_signals();
  keep_private();
  options.state_dir = std::filesystem::absolute(options.state_dir).lexically_normal().string();
  const Result<UniqueFd> lock = lock_state(options.state_dir);
  if (!lock) return failed(lock.error());
  kube::ConfigPlaces places;
  places.kubeconfig = options.kubeconfig;
  Result<kube::Config> config = kube::find_config(places);
  if (!config) return failed(config.error());
  log::info("kube", "API server {}, by {}", config->authority(), config->source);
  Result<ServerParts> parts = parts_of(options, std::move(*config));
  if (!parts) return failed(parts.error());
  Server server(options, std::move(*parts));
  if (Status started = server.start(); !started) return failed(started.error());
  if (Status ended = server.run(); !ended) return failed(ended.error());
  return kOk;
}

}  // namespace limen::ctl

// `limen run`: files in, local Envoys out.  One thread, the event loop's, owns files, translation
// and processes; the xDS server has its own.
#include <fmt/format.h>
#include <ifaddrs.h>
#include <netdb.h>
#include <unistd.h>

#include <algorithm>
#include <ctime>
#include <filesystem>
#include <utility>

#include "api/kinds.h"
#include "base/log.h"
#include "ctl/acme.h"
#include "ctl/commands.h"
#include "ctl/control.h"
#include "ctl/cookie_key.h"
#include "ctl/kept_secrets.h"
#include "ctl/probes.h"
#include "ctl/status_socket.h"
#include "infra/host/host.h"
#include "providers/file/watcher.h"
#include "xds/bootstrap/bootstrap.h"
#include "xds/bootstrap/patch.h"

namespace limen::ctl {
namespace {

constexpr std::chrono::seconds kRetryCookieKey{10};

// First port that this process may bind.  Source: ip(7), capabilities(7).
int32_t first_bindable_port() {
  if (::geteuid() == 0) return 0;
  const Result<std::string> text = read_file("/proc/sys/net/ipv4/ip_unprivileged_port_start", 64);
  return text ? std::atoi(text->c_str()) : 1024;
}

// The IP addresses of this machine's interfaces.
std::vector<std::string> addresses_of_host() {
  std::vector<std::string> result;
  ifaddrs* list = nullptr;
  if (::getifaddrs(&list) != 0) return result;
  for (const ifaddrs* each = list; each != nullptr; each = each->ifa_next) {
    if (each->ifa_addr == nullptr) continue;
    const int family = each->ifa_addr->sa_family;
    if (family != AF_INET && family != AF_INET6) continue;
    const socklen_t size = family == AF_INET ? sizeof(sockaddr_in) : sizeof(sockaddr_in6);
    char text[NI_MAXHOST] = "";
    if (::getnameinfo(each->ifa_addr, size, text, sizeof(text), nullptr, 0, NI_NUMERICHOST) == 0)
      result.emplace_back(text);
  }
  ::freeifaddrs(list);
  return result;
}

class Runner {
 public:
  Runner(const RunOptions& options, std::string envoy)
      : options_(options),
        store_([] { return static_cast<int64_t>(::time(nullptr)); }),
        control_(translate_options(options), options.state_dir,
                 [this](const auto& output) { take_output(output); }),
        status_socket_(control_.loop(),
                       [this](const std::string& request) { return answer(request); }),
        host_(host_settings(std::move(envoy)), control_.loop()),
        certificates_(options.state_dir + "/acme"),
        acme_(control_, certificates_,
              {options.acme.dns_hooks,
               [this](const std::string& name, const auto& certificate) {
                 apply(secrets_.set(secret_of(key_of_secret(name), certificate)));
               },
               {}}),
        probes_(control_.loop(), [this] { return acme_.metrics(); }) {}

  Status start() {
    xds::ServerSettings settings;
    settings.unix_socket = options_.state_dir + "/xds.sock";
    if (!options_.xds_address.empty())
      use_mutual_tls(options_.xds_address, options_.xds_certs_dir, settings);
    if (Status serving = control_.serve_xds(std::move(settings)); !serving) return serving;
    if (Status listening = status_socket_.listen(status_socket_of(options_.state_dir)); !listening)
      return listening;
    providers::WatcherSettings watch;
    watch.paths = options_.paths;
    watch.load.hold_vanished = options_.hold_vanished;
    watch.on_change = [this] { translate_changes(); };
    watcher_ = std::make_unique<providers::Watcher>(std::move(watch), control_.loop(), store_);
    if (Status listening = answer_at(options_.health_address, probes_); !listening)
      return listening;
    keep_logins();
    // Before the first translation, so that no listener loses its certificate for a moment.
    kept_ = secrets_.load(certificates_);
    translate_changes();
    acme_.set_active(true);
    probes_.set_ready();
    return {};
  }

  void run() {
    control_.on_signals([this] {
      if (std::exchange(ending_, true)) return host_.end_all();
      log::info("limen", "ending: requests under way may finish; a second signal cuts them off");
      host_.stop_all([this] { control_.loop().stop(); });
    });
    control_.loop().run();
  }

 private:
  // Without a key logins stay closed, and all else goes on.
  void keep_logins() {
    Result<std::string> key = keep_cookie_key(options_.state_dir);
    if (!key) {
      log::error("oidc", "{}: logins stay closed until it can be", key.error().message);
      control_.loop().after(kRetryCookieKey, [this] { keep_logins(); });
      return;
    }
    translate::Input input;
    input.cookie_key = std::move(*key);
    control_.apply(input);
  }

  static translate::Options translate_options(const RunOptions& options) {
    translate::Options result;
    result.first_unprivileged_port = first_bindable_port();
    result.host_addresses = addresses_of_host();
    result.closed_folders.push_back(options.state_dir);
    result.system_cas = system_cas();
    result.acme_staging = options.acme.staging;
    return result;
  }

  infra::HostSettings host_settings(std::string envoy) {
    infra::HostSettings settings;
    settings.envoy = std::move(envoy);
    settings.state_dir = options_.state_dir;
    settings.ready_timeout = std::chrono::seconds(options_.ready_timeout_s);
    settings.bootstrap = [this](const infra::ProxyPlan& plan, const std::string& node,
                                const std::string& admin_socket) {
      Json config =
          xds::make_bootstrap({plan.proxy, node, admin_socket, options_.state_dir + "/xds.sock",
                               plan.labels, plan.annotations});
      if (plan.settings.bootstrap) {  // checked by the translation
        if (auto patched = xds::patch_bootstrap(config, *plan.settings.bootstrap))
          config = std::move(*patched);
      }
      return to_json(config, 2) + "\n";
    };
    settings.on_state = [this](const infra::HostState& state) {
      control_.loop().post([this, state] {
        control_.apply({{}, {}, {{state.proxy, state.running, state.message}}});
      });
    };
    return settings;
  }

  std::string answer(const std::string& request) {
    if (request == "status") {
      Json report = control_.board().report();
      report.set("certificates", acme_.report());
      return to_json(report) + "\n";
    }
    if (request == "confirm") return to_json(confirm()) + "\n";
    return "{}\n";
  }

  // {"withdrawn": [text]}; without it: nothing is held.
  Json confirm() {
    Json result{Json::Object{}};
    if (watcher_->held().empty()) return result;
    watcher_->confirm();
    report_problems();
    api::ChangeBatch changes = store_.take_changes();
    Json::Array withdrawn;
    for (const api::ObjectChange& change : changes) {
      if (!std::holds_alternative<std::monostate>(change.object)) continue;
      withdrawn.emplace_back(fmt::format("{} {}", api::info(change.kind).name, change.key.text()));
    }
    log::warn("files", "confirmed: {} objects are withdrawn", withdrawn.size());
    apply(secrets_.merge(std::move(changes)));
    result.set("withdrawn", std::move(withdrawn));
    return result;
  }

  void translate_changes() {
    report_problems();
    api::ChangeBatch changes = std::exchange(kept_, {});
    for (api::ObjectChange& change : secrets_.merge(store_.take_changes()))
      changes.push_back(std::move(change));
    apply(std::move(changes));
  }

  void apply(api::ChangeBatch changes) { control_.apply({std::move(changes), {}, {}}); }

  void take_output(const translate::Output& output) {
    acme_.take(output);
    if (!options_.start_envoys) return;
    for (const infra::PlanChange& plan : output.plans) host_.apply(plan);
  }

  void report_problems() {
    control_.board().set_held(watcher_->held());
    control_.set_problems(store_.problems(), "files");
  }

  RunOptions options_;
  providers::ObjectStore store_;
  Control control_;
  StatusSocket status_socket_;
  infra::Host host_;
  acme::FolderStorage certificates_;
  KeptSecrets secrets_;
  api::ChangeBatch kept_;  // not applied yet
  Acme acme_;
  http::Probes probes_;
  std::unique_ptr<providers::Watcher> watcher_;
  bool ending_ = false;
};

}  // namespace

int run(RunOptions options) {
  log::configure(options.log_level, log::Format::kText);
  block_signals();
  keep_private();
  options.state_dir = std::filesystem::absolute(options.state_dir).lexically_normal().string();
  if (options.state_dir.size() > infra::kLongestStateDir) {
    fmt::print(
        stderr,
        "limen: --state-dir {}: longer than {} bytes, too long for the sockets in it; choose a shorter one\n",
        options.state_dir, infra::kLongestStateDir);
    return kUsage;
  }
  const Result<UniqueFd> lock = lock_state(options.state_dir);
  if (!lock) {
    fmt::print(stderr, "limen: {}\n", lock.error().message);
    return kFailed;
  }
  const Result<std::string> envoy = infra::find_envoy(options.envoy_path);
  if (!envoy) {
    fmt::print(stderr, "limen: {}\n", envoy.error().message);
    return kFailed;
  }
  Runner runner(options, *envoy);
  if (Status started = runner.start(); !started) {
    fmt::print(stderr, "limen: {}\n", started.error().message);
    return kFailed;
  }
  runner.run();
  return kOk;
}

}  // namespace limen::ctl

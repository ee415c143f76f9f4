// `limen run`: files in, local Envoys out.  One thread, the event loop's, owns files, translation
// and processes; the xDS server has its own.
#include <fcntl.h>
#include <fmt/format.h>
#include <ifaddrs.h>
#include <malloc.h>
#include <netdb.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <algorithm>
#include <ctime>
#include <filesystem>
#include <set>
#include <utility>

#include "api/kinds.h"
#include "base/event_loop.h"
#include "base/log.h"
#include "ctl/certs.h"
#include "ctl/commands.h"
#include "ctl/offline.h"
#include "ctl/status_board.h"
#include "ctl/status_socket.h"
#include "infra/host/host.h"
#include "providers/file/watcher.h"
#include "xds/bootstrap/bootstrap.h"
#include "xds/bootstrap/patch.h"
#include "xds/server/server.h"

namespace limen::ctl {
namespace {

// First port that this process may bind.  Source: ip(7), capabilities(7).
int32_t first_bindable_port() {
  if (::geteuid() == 0) return 0;
  const Result<std::string> text = read_file("/proc/sys/net/ipv4/ip_unprivileged_port_start", 64);
  return text ? std::atoi(text->c_str()) : 1024;
}

Result<UniqueFd> lock_state(const std::string& folder) {
  if (Status made = make_folder(folder, 0700); !made) return made.error();
  UniqueFd lock(::open((folder + "/lock").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  if (!lock.valid()) return Error{fmt::format("cannot make {}/lock", folder)};
  if (::flock(lock.get(), LOCK_EX | LOCK_NB) != 0) {
    return Error{
        fmt::format("another limen runs on {}: stop it, or choose another --state-dir", folder)};
  }
  return lock;
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
        translator_(translate_options()),
        status_socket_(loop_, [this](const std::string& request) { return answer(request); }),
        host_(host_settings(std::move(envoy)), loop_) {}

  Status start() {
    xds::ServerSettings settings;
    settings.unix_socket = options_.state_dir + "/xds.sock";
    settings.on_answer = [this](const xds::AnswerReport& report) {
      loop_.post([this, report] { on_answer(report); });
    };
    if (!options_.xds_address.empty()) {
      settings.tcp_address = options_.xds_address;
      const PairFiles pair = server_files(options_.xds_certs_dir);
      settings.certificate_file = pair.certificate;
      settings.key_file = pair.key;
      settings.ca_file = authority_files(options_.xds_certs_dir).certificate;
    }
    auto server = xds::Server::start(std::move(settings));
    if (!server) return server.error();
    server_ = std::move(*server);
    if (Status listening = status_socket_.listen(status_socket_of(options_.state_dir)); !listening)
      return listening;
    providers::WatcherSettings watch;
    watch.paths = options_.paths;
    watch.load.hold_vanished = options_.hold_vanished;
    watch.on_change = [this] { translate_changes(); };
    watcher_ = std::make_unique<providers::Watcher>(std::move(watch), loop_, store_);
    translate_changes();
    return {};
  }

  void run() {
    sigset_t set;
    sigemptyset(&set);
    for (int signal : {SIGINT, SIGTERM}) sigaddset(&set, signal);
    const UniqueFd signals(::signalfd(-1, &set, SFD_CLOEXEC));
    loop_.watch(signals.get(), [&] {
      signalfd_siginfo info{};
      if (::read(signals.get(), &info, sizeof(info)) != sizeof(info)) return;
      if (std::exchange(ending_, true)) return host_.end_all();
      log::info("limen", "ending: requests under way may finish; a second signal cuts them off");
      host_.stop_all([this] { loop_.stop(); });
    });
    loop_.run();
  }

 private:
  // Where the distributions keep them.
  static std::string system_cas() {
    for (const char* path :
         {"/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt",
          "/etc/ssl/ca-bundle.pem", "/etc/ssl/cert.pem"}) {
      if (::access(path, R_OK) == 0) return path;
    }
    return {};
  }

  static translate::Options translate_options() {
    translate::Options options;
    options.first_unprivileged_port = first_bindable_port();
    options.host_addresses = addresses_of_host();
    options.system_cas = system_cas();
    return options;
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
      loop_.post([this, state] { apply({{}, {}, {{state.proxy, state.running, state.message}}}); });
    };
    return settings;
  }

  std::string answer(const std::string& request) {
    if (request == "status") return to_json(status_.report()) + "\n";
    if (request == "confirm") return to_json(confirm()) + "\n";
    return "{}\n";
  }

  // {"withdrawn": [text]}; without it: nothing is held.
  Json confirm() {
    Json result{Json::Object{}};
    if (watcher_->held().empty()) return result;
    watcher_->confirm();
    report_problems();
    const translate::Input input{store_.take_changes(), {}, {}};
    Json::Array withdrawn;
    for (const api::ObjectChange& change : input.objects) {
      if (!std::holds_alternative<std::monostate>(change.object)) continue;
      withdrawn.emplace_back(fmt::format("{} {}", api::info(change.kind).name, change.key.text()));
    }
    log::warn("files", "confirmed: {} objects are withdrawn", withdrawn.size());
    apply(input);
    result.set("withdrawn", std::move(withdrawn));
    return result;
  }

  void translate_changes() {
    report_problems();
    apply({store_.take_changes(), {}, {}});
  }

  void apply(const translate::Input& input) {
    const auto begin = std::chrono::steady_clock::now();
    const translate::Output output = translator_.apply(input);
    server_->apply(output.resources);
    if (options_.start_envoys) {
      for (const infra::PlanChange& plan : output.plans) host_.apply(plan);
    }
    const auto took = std::chrono::duration_cast<std::chrono::microseconds>(
        std::chrono::steady_clock::now() - begin);
    if (!input.objects.empty()) {
      log::info("limen", "{} objects changed, {} rows translated, {} resources sent on, in {} us",
                input.objects.size(), output.rows, output.resources.size(), took.count());
    }
    status_.update(output.statuses, problems_);
    // What a large batch needed for a moment goes back to the system.
    constexpr size_t kLargeBatch = 1000;
    if (input.objects.size() >= kLargeBatch) ::malloc_trim(0);
  }

  void report_problems() {
    status_.set_held(watcher_->held());
    std::vector<providers::FileProblem> now = store_.problems();
    if (now == problems_) return;
    std::set<std::string> before;
    for (const auto& problem : std::exchange(problems_, std::move(now)))
      before.insert(text_of(problem));
    for (const auto& problem : problems_) {
      if (before.contains(text_of(problem))) continue;  // said already
      if (problem.severity == providers::Severity::kError)
        log::error("files", "{}", text_of(problem));
      else
        log::warn("files", "{}", text_of(problem));
    }
  }

  void on_answer(const xds::AnswerReport& report) {
    const xds::Answer& answer = report.answer;
    translate::Input input;
    for (const auto& [name, version] : answer.resources) {
      std::string refusal = answer.refuses(name) ? answer.refusal : std::string();
      log_refusal(report.proxy + ": Envoy refuses " + name, refusal);
      input.answers.push_back({report.proxy, answer.type, name, version, std::move(refusal)});
    }
    if (answer.resources.empty()) log_refusal(report.proxy + ": Envoy refuses", answer.refusal);
    apply(input);
  }

  // Once, however often it is refused again.
  void log_refusal(const std::string& what, const std::string& refusal) {
    if (refusal.empty()) {
      if (!refusals_.empty()) refusals_.erase(what);
    } else if (std::exchange(refusals_[what], refusal) != refusal) {
      log::error("xds", "{}: {}", what, refusal);
    }
  }

  RunOptions options_;
  EventLoop loop_;
  providers::ObjectStore store_;
  std::vector<providers::FileProblem> problems_;
  translate::Translator translator_;
  std::map<std::string, std::string> refusals_;  // that are logged
  StatusBoard status_;
  StatusSocket status_socket_;
  std::unique_ptr<xds::Server> server_;
  infra::Host host_;
  std::unique_ptr<providers::Watcher> watcher_;
  bool ending_ = false;
};

}  // namespace

int run(RunOptions options) {
  log::configure(options.log_level, log::Format::kText);
  sigset_t set;  // before threads start: they inherit it
  sigemptyset(&set);
  for (int signal : {SIGINT, SIGTERM}) sigaddset(&set, signal);
  ::sigprocmask(SIG_BLOCK, &set, nullptr);
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

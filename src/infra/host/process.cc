#include "infra/host/process.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <signal.h>
#include <spawn.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <sstream>

#include "base/hash.h"
#include "base/log.h"
#include "base/strings.h"
#include "infra/host/admin.h"

extern char** environ;

namespace limen::infra {
namespace {

constexpr size_t kMaxRecord = 4096;
constexpr std::chrono::milliseconds kFirstBackOff{100};
constexpr std::chrono::milliseconds kLongestBackOff{30'000};
constexpr std::chrono::seconds kLongestDrain{60};  // Envoy Gateway's shutdown.drainTimeout
constexpr std::chrono::milliseconds kDrainPoll{50};
constexpr std::chrono::seconds kSettled{
    60};  // a process that lived this long starts the back-off anew

const char* name_of(api::LogLevel level) {
  switch (level) {
    case api::LogLevel::kTrace: return "trace";
    case api::LogLevel::kDebug: return "debug";
    case api::LogLevel::kInfo: return "info";
    case api::LogLevel::kWarn: return "warning";
    case api::LogLevel::kError: return "error";
    case api::LogLevel::kOff: return "off";
    case api::LogLevel::kCritical: return "critical";
  }
  __builtin_unreachable();
}

int open_pid(int pid) { return static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)); }

bool signal_process(const UniqueFd& pidfd, int signal) {
  return pidfd.valid() && ::syscall(SYS_pidfd_send_signal, pidfd.get(), signal, nullptr, 0) == 0;
}

}  // namespace

std::optional<uint64_t> start_time_of(int pid) {
  const Result<std::string> stat = read_file(fmt::format("/proc/{}/stat", pid), kMaxRecord);
  if (!stat) return std::nullopt;
  const size_t name_end = stat->rfind(')');  // the name may hold anything
  if (name_end == std::string::npos) return std::nullopt;
  std::istringstream fields(stat->substr(name_end + 1));
  std::string skipped;
  for (int field = 3; field < 22; ++field) fields >> skipped;
  uint64_t start = 0;
  fields >> start;
  return fields ? std::optional(start) : std::nullopt;
}

std::optional<ProcessRecord> read_record(const std::string& path) {
  const Result<std::string> text = read_file(path, kMaxRecord);
  if (!text) return std::nullopt;
  ProcessRecord record;
  std::istringstream in(*text);
  in >> record.pid >> record.start_time >> record.started_with;
  return in && record.pid > 1 ? std::optional(record) : std::nullopt;
}

Status write_record(const std::string& path, const ProcessRecord& record) {
  return write_file(
      path, fmt::format("{} {} {}\n", record.pid, record.start_time, record.started_with), 0600);
}

Result<int> spawn(const std::vector<std::string>& argv, const std::string& log) {
  posix_spawn_file_actions_t files;
  posix_spawn_file_actions_init(&files);
  posix_spawn_file_actions_addopen(&files, 0, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_addopen(&files, 1, log.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
  posix_spawn_file_actions_adddup2(&files, 1, 2);
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  sigset_t none, all;
  sigemptyset(&none);
  sigfillset(&all);
  posix_spawnattr_setsigmask(&attributes, &none);
  posix_spawnattr_setsigdefault(&attributes, &all);
  posix_spawnattr_setflags(&attributes,
                           POSIX_SPAWN_SETSID | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
  std::vector<char*> arguments;
  for (const std::string& argument : argv) arguments.push_back(const_cast<char*>(argument.c_str()));
  arguments.push_back(nullptr);
  pid_t pid = 0;
  const int error =
      ::posix_spawn(&pid, argv[0].c_str(), &files, &attributes, arguments.data(), environ);
  posix_spawn_file_actions_destroy(&files);
  posix_spawnattr_destroy(&attributes);
  if (error != 0) return Error{fmt::format("cannot start {}: {}", argv[0], std::strerror(error))};
  return pid;
}

Host::Process::Process(const HostSettings& settings, EventLoop& loop, std::function<void()> gone)
    : settings_(settings), loop_(loop), gone_(std::move(gone)) {}

Host::Process::~Process() {
  loop_.cancel(timer_);
  if (pidfd_.valid()) loop_.unwatch(pidfd_.get());
}

void Host::Process::run(const ProxyPlan& plan) {
  plan_ = plan;
  folder_ = settings_.state_dir + "/proxies/" + safe_name(plan.proxy);
  admin_socket_ =
      fmt::format("{}/admin/{:.8}.sock", settings_.state_dir, hex(hash_bytes(plan.proxy)));
  bootstrap_ = settings_.bootstrap(plan, admin_socket_);
  std::string all = bootstrap_;
  for (const std::string& argument : arguments()) all += '\0' + argument;
  const std::string wanted = hex(hash_bytes(all));
  if (pidfd_.valid() && wanted == wanted_) return;  // nothing that Envoy would see
  wanted_ = wanted;
  if (pidfd_.valid()) {
    signal_process(pidfd_, SIGTERM);  // on_exit() starts it anew
    back_off_ = kFirstBackOff;
    return;
  }
  const auto record = read_record(folder_ + "/pid");
  if (record && start_time_of(record->pid) == record->start_time) {
    record_ = *record;
    watch(record->pid);
    if (record->started_with == wanted_) {
      log::info("infra", "{}: took over Envoy, process {}", plan_.proxy, record->pid);
      return report(true, "");
    }
    log::info("infra", "{}: Envoy, process {}, was started with other settings and is replaced",
              plan_.proxy, record->pid);
    signal_process(pidfd_, SIGTERM);
    return;
  }
  start();
}

void Host::Process::stop() {
  stopping_ = true;
  loop_.cancel(timer_);
  if (!pidfd_.valid()) {
    loop_.post(gone_);
    return;
  }
  if (Status draining = drain(admin_socket_); !draining) return end();  // it has not come up yet
  give_up_ = EventLoop::Clock::now() + kLongestDrain;
  wait_for_requests();
}

// Requests under way are let finish.
void Host::Process::wait_for_requests() {
  const Result<uint64_t> active = active_requests(admin_socket_);
  if (!active || *active == 0) return end();
  if (EventLoop::Clock::now() >= give_up_) {
    log::warn("infra", "{}: {} requests are cut off, {} seconds after the drain began", plan_.proxy,
              *active, kLongestDrain.count());
    return end();
  }
  timer_ = loop_.after(kDrainPoll, [this] { wait_for_requests(); });
}

void Host::Process::end() {
  constexpr std::chrono::seconds kPatience{10};
  loop_.cancel(timer_);
  signal_process(pidfd_, SIGTERM);
  timer_ = loop_.after(kPatience, [this] { signal_process(pidfd_, SIGKILL); });
}

std::vector<std::string> Host::Process::arguments() const {
  // With hot restart on, Envoy asks the kernel to be ended with its parent: it must outlive us.
  std::vector<std::string> argv = {settings_.envoy,
                                   "--config-path",
                                   folder_ + "/bootstrap.json",
                                   "--disable-hot-restart",
                                   "--drain-strategy",
                                   "immediate",
                                   "--drain-time-s",
                                   "60"};
  const auto& level = plan_.settings.logging.level;
  const auto overall = level.find("default");
  argv.insert(argv.end(),
              {"--log-level", overall == level.end() ? "warning" : name_of(overall->second)});
  std::string components;
  for (const auto& [component, chosen] : level) {
    if (component != "default")
      components +=
          fmt::format("{}{}:{}", components.empty() ? "" : ",", component, name_of(chosen));
  }
  argv.insert(argv.end(),
              {"--component-log-level", components.empty() ? "misc:error" : components});
  if (plan_.settings.concurrency)
    argv.insert(argv.end(), {"--concurrency", std::to_string(*plan_.settings.concurrency)});
  argv.insert(argv.end(), plan_.settings.extra_args.begin(), plan_.settings.extra_args.end());
  return argv;
}

void Host::Process::start() {
  for (const std::string& folder : {folder_, settings_.state_dir + "/admin"}) {
    if (Status made = make_folder(folder, 0700); !made) return retry(made.error().message);
  }
  if (Status written = write_file(folder_ + "/bootstrap.json", bootstrap_, 0600); !written)
    return retry(written.error().message);
  const Result<int> pid = spawn(arguments(), folder_ + "/envoy.log");
  if (!pid) return retry(pid.error().message);
  started_ = EventLoop::Clock::now();
  record_ = {*pid, start_time_of(*pid).value_or(0), wanted_};
  if (Status written = write_record(folder_ + "/pid", record_); !written) {
    log::error("infra", "{}: {}; a restarted Limen will not know this Envoy", plan_.proxy,
               written.error().message);
  }
  watch(*pid);
  log::info("infra", "{}: started Envoy, process {}", plan_.proxy, *pid);
  report(true, "");
}

void Host::Process::watch(int pid) {
  pidfd_ = UniqueFd(open_pid(pid));
  if (pidfd_.valid()) loop_.watch(pidfd_.get(), [this] { on_exit(); });
}

void Host::Process::on_exit() {
  loop_.unwatch(pidfd_.get());
  pidfd_ = UniqueFd();
  int status = 0;
  ::waitpid(record_.pid, &status, WNOHANG);  // not ours where it was taken over
  ::unlink((folder_ + "/pid").c_str());
  loop_.cancel(timer_);
  if (stopping_) {
    log::info("infra", "{}: Envoy has ended", plan_.proxy);
    return loop_.post(gone_);  // it deletes this object
  }
  if (record_.started_with != wanted_) return start();
  if (EventLoop::Clock::now() - started_ > kSettled) back_off_ = kFirstBackOff;
  retry(WIFSIGNALED(status) ? fmt::format("Envoy was ended by signal {}", WTERMSIG(status))
                            : fmt::format("Envoy ended with code {}; see {}/envoy.log",
                                          WEXITSTATUS(status), folder_));
}

void Host::Process::retry(const std::string& why) {
  log::warn("infra", "{}: {}; next try in {} ms", plan_.proxy, why, back_off_.count());
  report(false, why);
  timer_ = loop_.after(back_off_, [this] { start(); });
  back_off_ = std::min(back_off_ * 2, kLongestBackOff);
}

void Host::Process::report(bool running, std::string message) {
  settings_.on_state({plan_.proxy, running, std::move(message)});
}

}  // namespace limen::infra

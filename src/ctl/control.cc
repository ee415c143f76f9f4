#include "ctl/control.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <malloc.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <set>
#include <utility>

#include "base/log.h"
#include "ctl/certs.h"
#include "ctl/offline.h"

namespace limen::ctl {
namespace {

sigset_t ending_signals() {
  sigset_t set;
  sigemptyset(&set);
  for (int signal : {SIGINT, SIGTERM}) sigaddset(&set, signal);
  return set;
}

}  // namespace

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

void block_signals() {
  const sigset_t set = ending_signals();
  ::sigprocmask(SIG_BLOCK, &set, nullptr);
}

void keep_private() {
  ::umask(077);
  constexpr rlimit kNone{0, 0};
  if (::setrlimit(RLIMIT_CORE, &kNone) != 0)
    log::warn("limen", "core files cannot be forbidden: {}", std::strerror(errno));
}

// Where the administrator says, as OpenSSL has it, or else where the distributions keep them.
std::string system_cas() {
  const char* chosen = std::getenv("SSL_CERT_FILE");
  if (chosen != nullptr && ::access(chosen, R_OK) == 0) return std::filesystem::absolute(chosen);
  for (const char* path : {"/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt",
                           "/etc/ssl/ca-bundle.pem", "/etc/ssl/cert.pem"}) {
    if (::access(path, R_OK) == 0) return path;
  }
  return {};
}

void use_mutual_tls(const std::string& address, const std::string& certs_dir,
                    xds::ServerSettings& settings) {
  settings.tcp_address = address;
  const PairFiles pair = server_files(certs_dir);
  settings.certificate_file = pair.certificate;
  settings.key_file = pair.key;
  settings.ca_file = authority_files(certs_dir).certificate;
}

Control::Control(translate::Options options, const std::string& state_dir, Sink sink)
    : translator_(std::move(options)),
      sink_(std::move(sink)),
      uptake_(loop_,
              [this](const std::string& proxy) {
                return server_ == nullptr ? 0 : server_->streams(proxy);
              }),
      issuers_(
          {.file = state_dir + "/oidc-issuers"}, loop_,
          [this](http::Request request, http::Client::Done done) {
            if (http_ == nullptr) http_ = std::make_unique<http::Client>(loop_);
            http_->send(std::move(request), std::move(done));
          },
          [this](const translate::OidcIssuer& issuer) {
            apply({{}, {}, {}, {issuer}, {}});
          }) {
  translator_.apply({{}, {}, {}, issuers_.remembered(), {}});
}

Status Control::serve_xds(xds::ServerSettings settings) {
  settings.on_answer = [this](const xds::AnswerReport& report) {
    loop_.post([this, report] { on_answer(report); });
  };
  auto server = xds::Server::start(std::move(settings));
  if (!server) return server.error();
  server_ = std::move(*server);
  server_->apply(std::exchange(unserved_, {}));
  return {};
}

void Control::on_signals(std::function<void()> callback) {
  const sigset_t set = ending_signals();
  signals_ = UniqueFd(::signalfd(-1, &set, SFD_CLOEXEC));
  loop_.watch(signals_.get(), [fd = signals_.get(), callback = std::move(callback)] {
    signalfd_siginfo info{};
    if (::read(fd, &info, sizeof(info)) == sizeof(info)) callback();
  });
}

void Control::apply(const translate::Input& input) { apply(input, {}); }

void Control::apply(const translate::Input& input, Uptake::Done in_force) {
  const auto begin = std::chrono::steady_clock::now();
  const translate::Output output = translator_.apply(input);
  uptake_.see(output.resources);
  if (in_force) uptake_.await(output.resources, std::move(in_force));
  if (server_ != nullptr)
    server_->apply(output.resources);
  else
    unserved_.insert(unserved_.end(), output.resources.begin(), output.resources.end());
  sink_(output);
  for (const auto& [issuer, trust] : output.issuers) issuers_.want(issuer, trust);
  const auto took = std::chrono::duration_cast<std::chrono::microseconds>(
      std::chrono::steady_clock::now() - begin);
  if (!input.objects.empty()) {
    log::info("limen", "{} objects changed, {} rows translated, {} resources sent on, in {} us",
              input.objects.size(), output.rows, output.resources.size(), took.count());
  }
  board_.update(output.statuses);
  // What a large batch needed for a moment goes back to the system.
  constexpr size_t kLargeBatch = 1000;
  if (input.objects.size() >= kLargeBatch) ::malloc_trim(0);
}

void Control::set_problems(std::vector<providers::ObjectProblem> problems, const char* component) {
  if (problems == board_.problems()) return;
  std::set<std::string> before;
  for (const auto& problem : board_.problems()) before.insert(text_of(problem));
  board_.set_problems(std::move(problems));
  for (const auto& problem : board_.problems()) {
    if (before.contains(text_of(problem))) continue;  // said already
    if (problem.severity == providers::Severity::kError)
      log::error(component, "{}", text_of(problem));
    else
      log::warn(component, "{}", text_of(problem));
  }
}

void Control::on_answer(const xds::AnswerReport& report) {
  const xds::Answer& answer = report.answer;
  uptake_.see(report);
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
void Control::log_refusal(const std::string& what, const std::string& refusal) {
  if (refusal.empty()) {
    if (!refusals_.empty()) refusals_.erase(what);
  } else if (std::exchange(refusals_[what], refusal) != refusal) {
    log::error("xds", "{}: {}", what, refusal);
  }
}

}  // namespace limen::ctl

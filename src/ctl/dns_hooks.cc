#include "ctl/dns_hooks.h"

#include <fmt/format.h>
#include <signal.h>
#include <spawn.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstring>

#include "acme/jose.h"
#include "base/log.h"
#include "base/sha256.h"

namespace limen::ctl {
namespace {

constexpr std::chrono::minutes kPatience{10};  // until a record can be seen everywhere

Status status_of(const std::string& what, int status) {
  if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return {};
  if (WIFEXITED(status)) return Error{fmt::format("{}: exit code {}", what, WEXITSTATUS(status))};
  return Error{fmt::format("{}: ended by signal {}", what, WTERMSIG(status))};
}

// Without the signals that Limen blocks; nothing to read.
Result<int> start(const std::string& program, const char* verb, const std::string& name,
                  const std::string& value) {
  posix_spawnattr_t attributes;
  ::posix_spawnattr_init(&attributes);
  sigset_t none;
  sigemptyset(&none);
  ::posix_spawnattr_setsigmask(&attributes, &none);
  ::posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK);
  const std::string words[] = {program, verb, name, value};
  char* arguments[] = {const_cast<char*>(words[0].c_str()), const_cast<char*>(words[1].c_str()),
                       const_cast<char*>(words[2].c_str()), const_cast<char*>(words[3].c_str()),
                       nullptr};
  pid_t pid = 0;
  const int failure =
      ::posix_spawn(&pid, program.c_str(), nullptr, &attributes, arguments, environ);
  ::posix_spawnattr_destroy(&attributes);
  if (failure != 0) return Error{fmt::format("cannot run {}: {}", program, std::strerror(failure))};
  return pid;
}

}  // namespace

DnsHooks::~DnsHooks() {
  for (auto& [pid, run] : running_) {
    loop_.cancel(run.timer);
    loop_.unwatch(run.pid_fd);
    ::kill(pid, SIGKILL);
    ::waitpid(pid, nullptr, 0);
    ::close(run.pid_fd);
  }
}

void DnsHooks::present(const acme::Challenge& challenge, std::function<void(Status)> in_force) {
  run("present", challenge, std::move(in_force));
}

void DnsHooks::clean_up(const acme::Challenge& challenge) {
  run("cleanup", challenge, [](const Status& status) {
    if (!status) log::warn("acme", "{}", status.error().message);
  });
}

void DnsHooks::run(const char* verb, const acme::Challenge& challenge,
                   std::function<void(Status)> done) {
  const auto program = programs_.find(challenge.hook);
  if (program == programs_.end()) {
    return done(
        Error{fmt::format("no DNS hook '{}' is allowed here: start Limen with "
                          "--acme-dns-hook {}=PROGRAM",
                          challenge.hook, challenge.hook)});
  }
  const auto pid = start(program->second, verb, "_acme-challenge." + challenge.name,
                         acme::encode_base64url(sha256(challenge.key_authorization)));
  if (!pid) return done(pid.error());
  Run run{*pid, static_cast<int>(::syscall(SYS_pidfd_open, *pid, 0)), 0,
          fmt::format("DNS hook {} {}", challenge.hook, verb), std::move(done)};
  run.timer = loop_.after(kPatience, [pid = *pid] { ::kill(pid, SIGKILL); });
  loop_.watch(run.pid_fd, [this, pid = *pid] { take_end(pid); });
  running_[*pid] = std::move(run);
}

void DnsHooks::take_end(int pid) {
  const auto it = running_.find(pid);
  int status = 0;
  if (it == running_.end() || ::waitpid(pid, &status, WNOHANG) != pid) return;
  Run run = std::move(it->second);
  running_.erase(it);
  loop_.cancel(run.timer);
  loop_.unwatch(run.pid_fd);
  ::close(run.pid_fd);
  run.done(status_of(run.what, status));
}

}  // namespace limen::ctl

#include "infra/host/instance.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <signal.h>
#include <spawn.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstring>

#include "base/hash.h"
#include "base/log.h"
#include "base/strings.h"
#include "infra/envoy/flags.h"
#include "infra/host/host.h"

extern char** environ;

namespace limen::infra {
namespace {

// Starts `argv` in a session of its own, with output to `log`.
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

std::string how_it_ended(int status, const std::string& log) {
  if (WIFSIGNALED(status)) return fmt::format("Envoy was ended by signal {}", WTERMSIG(status));
  return fmt::format("Envoy ended with code {}; see {}", WEXITSTATUS(status), log);
}

}  // namespace

Place place_of(const std::string& state_dir, const std::string& proxy, int number) {
  const std::string suffix = number == 0 ? "" : "-b";
  Place place;
  place.node = safe_name(proxy) + suffix;
  place.folder = state_dir + "/proxies/" + safe_name(proxy);
  place.bootstrap = place.folder + "/bootstrap" + suffix + ".json";
  place.record = place.folder + "/pid" + suffix;
  place.log = place.folder + "/envoy.log";
  place.admin_socket =
      fmt::format("{}/admin/{:.8}.sock", state_dir, hex(hash_bytes(proxy + suffix)));
  return place;
}

Instance::Instance(EventLoop& loop, int number, Place place, ProcessRecord record, OnExit on_exit)
    : loop_(loop),
      number_(number),
      place_(std::move(place)),
      record_(std::move(record)),
      on_exit_(std::move(on_exit)),
      pidfd_(static_cast<int>(::syscall(SYS_pidfd_open, record_.pid, 0))) {
  if (pidfd_.valid()) {
    loop_.watch(pidfd_.get(), [this] { exited(); });
  } else {
    log::error("infra", "process {} cannot be watched: {}", record_.pid, std::strerror(errno));
  }
}

Instance::~Instance() {
  if (pidfd_.valid()) loop_.unwatch(pidfd_.get());
}

std::unique_ptr<Instance> Instance::adopt(EventLoop& loop, int number, Place place,
                                          OnExit on_exit) {
  auto record = read_record(place.record);
  if (!record || start_time_of(record->pid) != record->start_time) return nullptr;
  return std::unique_ptr<Instance>(
      new Instance(loop, number, std::move(place), std::move(*record), std::move(on_exit)));
}

Result<std::unique_ptr<Instance>> Instance::start(EventLoop& loop, int number, Place place,
                                                  StartWith with, OnExit on_exit) {
  const std::string admin = place.admin_socket.substr(0, place.admin_socket.rfind('/'));
  for (const std::string& folder : {place.folder, admin}) {
    if (Status made = make_folder(folder, 0700); !made) return made.error();
  }
  if (Status written = write_file(place.bootstrap, with.bootstrap, 0600); !written)
    return written.error();
  const Result<int> pid = spawn(with.argv, place.log);
  if (!pid) return pid.error();
  with.record.pid = *pid;
  with.record.start_time = start_time_of(*pid).value_or(0);
  auto instance = std::unique_ptr<Instance>(
      new Instance(loop, number, std::move(place), std::move(with.record), std::move(on_exit)));
  instance->set_role(instance->record_.role);
  return instance;
}

void Instance::set_role(Role role) {
  record_.role = role;
  if (Status written = write_record(place_.record, record_); !written) {
    log::error("infra", "{}; a restarted Limen will not know the Envoy with process id {}",
               written.error().message, record_.pid);
  }
}

void Instance::signal(int signal) {
  if (pidfd_.valid()) ::syscall(SYS_pidfd_send_signal, pidfd_.get(), signal, nullptr, 0);
}

void Instance::exited() {
  loop_.unwatch(pidfd_.get());
  pidfd_ = UniqueFd();
  int status = 0;
  const bool known = ::waitpid(record_.pid, &status, WNOHANG) == record_.pid;
  ::unlink(place_.record.c_str());
  const OnExit on_exit = std::move(on_exit_);  // `this` may go
  on_exit(known ? how_it_ended(status, place_.log) : "Envoy has ended; see " + place_.log);
}

}  // namespace limen::infra

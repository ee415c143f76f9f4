// One Envoy process: start, take over, watch, end.
#pragma once

#include "infra/host/host.h"

namespace limen::infra {

// A process on record.  The start time tells it from another one that got the same id later.
struct ProcessRecord {
  int pid = 0;
  uint64_t start_time = 0;   // field 22 of /proc/<pid>/stat
  std::string started_with;  // hash of binary, arguments and bootstrap
};

std::optional<uint64_t> start_time_of(int pid);
std::optional<ProcessRecord> read_record(const std::string& path);
Status write_record(const std::string& path, const ProcessRecord& record);

// Starts `argv` in a session of its own, with output to `log`.
Result<int> spawn(const std::vector<std::string>& argv, const std::string& log);

class Host::Process {
 public:
  Process(const HostSettings& settings, EventLoop& loop, std::function<void()> gone);
  ~Process();
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;

  void run(const ProxyPlan& plan);
  void stop();  // drains, then end()
  void end();
  bool stopping() const { return stopping_; }

 private:
  std::vector<std::string> arguments() const;
  void start();
  void watch(int pid);
  void on_exit();
  void wait_for_requests();
  void retry(const std::string& why);
  void report(bool running, std::string message);

  const HostSettings& settings_;
  EventLoop& loop_;
  std::function<void()> gone_;
  ProxyPlan plan_;
  std::string folder_, admin_socket_, bootstrap_,
      wanted_;  // wanted_: hash of how it is to be started
  ProcessRecord record_;
  UniqueFd pidfd_;
  std::chrono::milliseconds back_off_{100};
  EventLoop::Clock::time_point started_, give_up_;
  uint64_t timer_ = 0;
  bool stopping_ = false;
};

}  // namespace limen::infra

// One Envoy process: started or taken over, on record, watched.  On the event loop's thread.
#pragma once

#include <functional>
#include <memory>

#include "base/event_loop.h"
#include "infra/host/record.h"

namespace limen::infra {

// Where an Envoy's files are.  A proxy has two places: a new Envoy starts beside the old one.
struct Place {
  std::string folder;
  std::string node;  // node.id
  std::string bootstrap, record, log, admin_socket;
};
inline constexpr int kPlaces = 2;
Place place_of(const std::string& state_dir, const std::string& proxy, int number);

struct StartWith {
  std::vector<std::string> argv;
  std::string bootstrap;
  ProcessRecord record;  // without process id and start time
};

class Instance {
 public:
  // `on_exit` is told how it ended, and may destroy the instance.
  using OnExit = std::function<void(const std::string& how)>;

  // Takes over the process on record; nullptr: there is none.
  static std::unique_ptr<Instance> adopt(EventLoop& loop, int number, Place place, OnExit on_exit);
  static Result<std::unique_ptr<Instance>> start(EventLoop& loop, int number, Place place,
                                                 StartWith with, OnExit on_exit);
  ~Instance();  // leaves the process running
  Instance(const Instance&) = delete;
  Instance& operator=(const Instance&) = delete;

  void set_role(Role role);
  void signal(int signal);

  int number() const { return number_; }
  const Place& place() const { return place_; }
  const ProcessRecord& record() const { return record_; }
  EventLoop::Clock::time_point since() const { return since_; }  // of start or taking over

 private:
  Instance(EventLoop& loop, int number, Place place, ProcessRecord record, OnExit on_exit);
  void exited();

  EventLoop& loop_;
  int number_;
  Place place_;
  ProcessRecord record_;
  OnExit on_exit_;
  UniqueFd pidfd_;
  EventLoop::Clock::time_point since_ = EventLoop::Clock::now();
};

}  // namespace limen::infra

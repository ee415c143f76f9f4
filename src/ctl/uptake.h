// Waits until Envoys have taken in what a change made of their resources.  On the event loop's
// thread.
#pragma once

#include <functional>
#include <list>
#include <map>
#include <set>
#include <string>
#include <tuple>
#include <vector>

#include "base/event_loop.h"
#include "base/result.h"
#include "xds/server/server.h"

namespace limen::ctl {

class Uptake {
 public:
  using Done = std::function<void(Status)>;
  // `streams`: how many Envoys of a proxy are connected.
  Uptake(EventLoop& loop, std::function<size_t(const std::string& proxy)> streams)
      : loop_(loop), streams_(std::move(streams)) {}

  // Calls back once, later: when every Envoy that is connected has accepted the listeners and route
  // configurations among `changes`, or its newer versions; after 30 s when at least one of each
  // proxy has.  Else an error.
  void await(const std::vector<xds::ResourceChange>& changes, Done done);

  // What is sent now, and what an Envoy said.
  void see(const std::vector<xds::ResourceChange>& changes);
  void see(const xds::AnswerReport& report);

 private:
  using Place = std::tuple<std::string, xds::ResourceType, std::string>;  // proxy, type, name
  struct Version {
    uint64_t hash = 0;
    std::set<std::string> nodes;  // that accepted it
  };
  struct Wait {
    std::map<Place, Version> versions;
    Done done;
    uint64_t timer = 0;
  };

  bool is_over(const Wait& wait, bool patient) const;
  void settle();
  static void end(EventLoop& loop, Wait& wait, Status status);

  EventLoop& loop_;
  std::function<size_t(const std::string&)> streams_;
  std::list<Wait> waits_;
};

}  // namespace limen::ctl

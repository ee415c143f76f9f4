// Isolation: what Envoys accepted and refused, and which route is to blame for a refused route
// configuration.
//
// An Envoy refuses a route configuration as a whole.  The routes that changed since it last
// accepted one are suspects.  A single suspect is refused: its last good version takes its place
// until it is edited.  Several are all held back and let in again in halves, one group a version,
// until each refusal has one suspect left: about 2 log2(n) versions for one bad route among n.
// Whatever else changes meanwhile is taken in as always.
//
// That an older version is accepted clears the routes that it had changed; that an older one is
// refused is of no account, as the current one holds its mistakes too.  The translator's thread.
#pragma once

#include <deque>
#include <map>
#include <set>
#include <vector>

#include "translate/world.h"

namespace limen::translate {

class Isolation {
 public:
  explicit Isolation(World& world);

  // The route was edited: if it was refused, it is tried again.
  void on_edit(const RouteKey& route);
  void on_answer(const EnvoyAnswer& answer);
  // To be called after each commit; true: another one is needed.
  bool settle();

 private:
  using RoutePtr = std::shared_ptr<const TranslatedRoute>;
  using Group = std::vector<RouteKey>;
  using Changes = std::map<RouteKey, RoutePtr>;  // what stood there before
  struct Version {
    uint64_t hash = 0;
    Changes changes;  // since the version before
  };
  struct Trial {                  // of one route configuration
    uint64_t accepted = 0;        // hash of the last version that was
    std::deque<Version> offered;  // since then
    Changes changes;              // of the next version
    std::vector<Group> waiting;   // held routes, the next group to let in last
  };

  void note_change(const RouteKey& key, const RoutePtr& before, const RoutePtr& after);
  void on_route_configuration(const EnvoyAnswer& answer);
  void hold(const RouteKey& route, RoutePtr last_good, std::string refusal);
  void hold_in_halves(Trial& trial, const Changes& suspects);
  static void offer(Trial& trial, uint64_t hash);
  static void accept(Trial& trial, uint64_t hash);
  static Changes take_suspects(Trial& trial);
  bool let_in(const Group& group);

  World& world_;
  std::map<ProxyName, Trial> trials_;
  std::set<ProxyName> unsettled_;  // trials that something has happened to
};

}  // namespace limen::translate

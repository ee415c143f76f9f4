// Follows files and folders by inotify and keeps an ObjectStore up to date.  On the event loop's
// thread.
//
// Atomic renames, swapped symbolic links (mounted ConfigMaps), editors' temporary files and folders
// that come and go are all just events; a burst of them is taken together.
#pragma once

#include <map>
#include <set>

#include "base/event_loop.h"
#include "providers/file/load.h"

namespace limen::providers {

struct WatcherSettings {
  std::vector<std::string> paths;
  LoadOptions load;
  std::chrono::milliseconds settle{2};  // quiet time that ends a burst of more than one write
  // For so long after the last change, files of a path that was held and comes back may be missing.
  std::chrono::milliseconds return_grace{2000};
  std::function<void()> on_change;  // the store may have changes to take
};

class Watcher {
 public:
  // Loads everything; what on_change would say has happened when this returns.
  Watcher(WatcherSettings settings, EventLoop& loop, ObjectStore& store);
  ~Watcher();
  // Named paths whose objects are held though they are gone.
  const std::vector<HeldPath>& held() const { return held_; }
  // Withdraws what is held.  The store has the changes afterwards; on_change is not called.
  void confirm();
  Watcher(const Watcher&) = delete;
  Watcher& operator=(const Watcher&) = delete;

 private:
  void on_events();
  struct Folder {
    std::string path;
    bool scanned = false;  // its documents count; else it is watched only for a named path's coming
  };

  void on_event(const Folder& in, uint32_t mask, const std::string& name);
  bool leads_to_named(const std::string& path) const;
  void add_watch(const Folder& folder);
  void rescan(LoadOptions options);
  void await_return();
  bool any_emptied() const;
  void add_watches(const Scan& scan);
  void settle();

  WatcherSettings settings_;
  EventLoop& loop_;
  ObjectStore& store_;
  UniqueFd inotify_;
  std::map<int, Folder> folders_;  // by watch
  std::vector<HeldPath> held_;
  std::set<std::string> returning_;  // were held, and have come back at least in part
  std::set<std::string> changed_;    // files to read again
  bool rescan_ = false;
  bool gone_ = false;  // a file among `changed_` went away
  EventLoop::Clock::time_point settled_{};
  uint64_t timer_ = 0, return_timer_ = 0;
};

}  // namespace limen::providers

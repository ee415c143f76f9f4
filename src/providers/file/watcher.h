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
  std::function<void()> on_change;      // the store may have changes to take
};

class Watcher {
 public:
  // Loads everything; what on_change would say has happened when this returns.
  Watcher(WatcherSettings settings, EventLoop& loop, ObjectStore& store);
  ~Watcher();
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
  void rescan();
  void add_watches(const Scan& scan);
  void settle();

  WatcherSettings settings_;
  EventLoop& loop_;
  ObjectStore& store_;
  UniqueFd inotify_;
  std::map<int, Folder> folders_;  // by watch
  std::set<std::string> changed_;  // files to read again
  bool rescan_ = false;
  bool gone_ = false;  // a file among `changed_` went away
  EventLoop::Clock::time_point settled_{};
  uint64_t timer_ = 0;
};

}  // namespace limen::providers

// The objects in force, in a file: a Limen that starts without an API server goes on where the one
// before ended.  Secrets are in it: only its owner may read it.
//
// A line that says what it is (format, API server, size and hash of the rest), then an object a
// line, in an order in which Cluster::restore() can take them.
#pragma once

#include <functional>
#include <string>
#include <thread>
#include <vector>

#include "api/kinds.h"
#include "base/event_loop.h"
#include "base/json.h"
#include "base/result.h"

namespace limen::providers {

// Any thread.
Status write_snapshot(const std::string& file, const std::string& server,
                      const std::vector<api::AnyObject>& objects);

// An error says why it is of no use: broken, of another format or API server.  None where there is
// no file.
Result<std::vector<Json>> read_snapshot(const std::string& file, const std::string& server);

// Writes it some time after changes, at most every `spacing`, on a thread of its own.
class SnapshotKeeper {
 public:
  struct Settings {
    std::string file, server;
    std::chrono::milliseconds delay{2'000}, spacing{30'000};
  };

  // `objects`: those of now, on the loop's thread.
  SnapshotKeeper(Settings settings, EventLoop& loop,
                 std::function<std::vector<api::AnyObject>()> objects)
      : settings_(std::move(settings)), loop_(loop), objects_(std::move(objects)) {}
  ~SnapshotKeeper();  // a write under way ends first
  SnapshotKeeper(const SnapshotKeeper&) = delete;
  SnapshotKeeper& operator=(const SnapshotKeeper&) = delete;

  // What the last run wrote: see read_snapshot().
  Result<std::vector<Json>> read() const { return read_snapshot(settings_.file, settings_.server); }
  void changed();

 private:
  void write();

  const Settings settings_;
  EventLoop& loop_;
  std::function<std::vector<api::AnyObject>()> objects_;
  uint64_t timer_ = 0;  // 0: no change is to be written
  EventLoop::Clock::time_point written_{};
  std::thread thread_;
};

}  // namespace limen::providers

// Writes the statuses that translation makes to the API server: only what differs from what is
// there, each object at most every `spacing`, which grows to `longest_spacing` while it goes on
// changing (attachedRoutes), all together at most `rate` a second.  On the event loop's thread.
//
// A write names the resourceVersion that it was made for, so that it never undoes another's; on a
// conflict the object is read again.  What the API server made of a write is remembered: its echo,
// even if it is put differently there, leads to no other write.
#pragma once

#include <absl/container/flat_hash_map.h>

#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>

#include "base/alarm.h"
#include "base/box.h"
#include "kube/backoff.h"
#include "kube/request.h"
#include "kube/trouble.h"
#include "providers/kube/cluster.h"
#include "providers/kube/refusal.h"
#include "translate/translator.h"

namespace limen::providers {

struct StatusWriterSettings {
  std::string controller;         // whose entries are ours
  std::string manager = "limen";  // the field manager
  std::chrono::milliseconds spacing{200}, longest_spacing{1'000};
  int rate = 200, burst = 1000;
  int at_once = 8;  // requests under way
  kube::BackoffSettings backoff{std::chrono::milliseconds(250), std::chrono::milliseconds(60'000)};
};

class StatusWriter {
 public:
  // Kinds that translation makes a status for.
  static bool has_status(api::Kind kind);

  using Send = std::function<void(kube::Request, std::function<void(kube::Answer)>)>;

  StatusWriter(StatusWriterSettings settings, EventLoop& loop, Send send);
  StatusWriter(const StatusWriter&) = delete;
  StatusWriter& operator=(const StatusWriter&) = delete;

  // What the API server has.
  void see(const Sighting& sighting);
  // What it should have.
  void want(const translate::StatusChange& change);
  // What is there cannot be used; nullptr: it can.
  void refuse(api::Kind kind, const api::ObjectKey& key, const Refusal* refusal);
  // After all see() and want() of a batch: writes what differs, forgets what is not ours.
  void settle();

  // Whether to write: only the leader does.
  void set_active(bool active);

 private:
  using Identity = std::pair<api::Kind, api::ObjectKey>;
  using Clock = EventLoop::Clock;
  struct Entry {
    explicit Entry(const kube::BackoffSettings& settings) : backoff(settings) {}
    std::string version;  // resourceVersion; "": not seen
    std::string current;  // the status there, as JSON; "": none
    translate::AnyStatus wanted;
    Box<Refusal> refusal;
    uint64_t written = 0;   // hash of what was last wanted and written,
    uint64_t came_out = 0;  // and of what the API server made of it
    bool under_way = false;
    std::chrono::milliseconds spacing{0};
    Clock::time_point not_before{};  // `spacing` after the last write
    kube::Backoff backoff;
    kube::Trouble trouble;
  };

  Json wanted_of(const Identity& identity, const Entry& entry) const;
  bool is_ours(const Identity& identity, const Entry& entry) const;
  void see_status(const Identity& identity, const Json& object);
  void pump();
  bool take_token();
  void write(const Identity& identity, Entry& entry);
  void read(const Identity& identity, Entry& entry);
  void send(Entry& entry, kube::Request request, std::function<void(kube::Answer)> done);
  void on_written(const Identity& identity, uint64_t hash, const kube::Answer& answer);
  void on_read(const Identity& identity, const kube::Answer& answer);
  void retry(const Identity& identity, Entry& entry, const kube::Answer& answer);
  kube::Resource resource(api::Kind kind) const;

  StatusWriterSettings settings_;
  EventLoop& loop_;
  Send send_;
  bool active_ = false;
  absl::flat_hash_map<Identity, std::unique_ptr<Entry>> entries_;
  std::map<api::Kind, std::string> versions_;  // of the kinds, as the API server serves them
  std::set<Identity> touched_;                 // since settle()
  std::set<Identity> due_;                     // to be looked at
  int under_way_ = 0;
  double tokens_;
  Clock::time_point tokens_at_ = Clock::now();
  Alarm alarm_{loop_, [this] { pump(); }};
};

}  // namespace limen::providers

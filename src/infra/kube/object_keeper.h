// Keeps objects of an API server as they should be, by server-side apply: made, changed back when
// somebody else changes what is ours in them, removed.  On the event loop's thread.
//
// What an apply comes to is remembered: as long as the object stays so, nothing is sent.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>

#include "base/alarm.h"
#include "infra/kube/objects.h"
#include "kube/backoff.h"
#include "kube/trouble.h"

namespace limen::infra {

struct ObjectKeeperSettings {
  std::string manager = kManager;  // the field manager
  int at_once = 8;                 // requests under way
  kube::BackoffSettings backoff{std::chrono::milliseconds(250), std::chrono::milliseconds(60'000)};
  // An object that others keep changing is changed back this often.
  std::chrono::milliseconds spacing{2'000};
  // What is refused for the time being is trouble when it lasts.
  std::chrono::milliseconds patience = kube::Trouble::kPatience;
};

class ObjectKeeper {
 public:
  using Send = std::function<void(kube::Request, std::function<void(kube::Answer)>)>;

  // `troubled`: trouble() of an object has become different.
  ObjectKeeper(ObjectKeeperSettings settings, EventLoop& loop, Send send,
               std::function<void(const ObjectId&)> troubled);
  ObjectKeeper(const ObjectKeeper&) = delete;
  ObjectKeeper& operator=(const ObjectKeeper&) = delete;

  void want(const ObjectId& id, Json object);
  // It is to go, if it is there.
  void remove(const ObjectId& id);
  // As the API server has it; nullptr: it is not there.
  void see(const ObjectId& id, const Json* object);

  // Whether to write: only the leader does.
  void set_active(bool active);

  // spec.template of a workload as it is there; null: it isn't.
  Json pods(const ObjectId& id) const;
  // Why it can't be made as wanted; "": nothing is known to be in the way.
  std::string trouble(const ObjectId& id) const;

 private:
  using Clock = EventLoop::Clock;
  struct Entry {
    explicit Entry(const ObjectKeeperSettings& settings)
        : backoff(settings.backoff), news(settings.patience) {}
    std::shared_ptr<const Json> wanted;  // nullptr: it is to be removed, or not ours to touch
    bool removed = false;                // it is to go
    bool present = false;
    uint64_t seen = 0;     // fingerprint of what is there,
    uint64_t settled = 0;  // and of what our last apply came to; 0: there was none
    Json pods;             // of a workload, as it is there: spec.template
    bool under_way = false;
    Clock::time_point not_before{};
    kube::Backoff backoff;
    kube::Trouble news;  // what the API server refuses for the time being
    std::string trouble;
  };

  Entry& entry(const ObjectId& id);
  bool is_due(const Entry& entry) const;
  void pump();
  void send(const ObjectId& id, Entry& entry);
  void on_applied(const ObjectId& id, const std::shared_ptr<const Json>& wanted, const Json& before,
                  const kube::Answer& answer);
  void on_removed(const ObjectId& id, const kube::Answer& answer);
  void fail(const ObjectId& id, Entry& entry, const kube::Answer& answer);
  void set_trouble(const ObjectId& id, Entry& entry, std::string trouble);

  ObjectKeeperSettings settings_;
  EventLoop& loop_;
  Send send_;
  std::function<void(const ObjectId&)> troubled_;
  bool active_ = false;
  std::map<ObjectId, Entry> entries_;
  std::set<ObjectId> due_;
  int under_way_ = 0;
  Alarm alarm_{loop_, [this] { pump(); }};
};

}  // namespace limen::infra

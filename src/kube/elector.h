// Whether this process is the leader among several: by a Lease, as client-go's leaderelection does
// it. On the event loop's thread.
//
// Clocks of different machines are not compared: a leader is taken for gone when its Lease has not
// changed for `duration` by our own clock, and steps down itself after `deadline` without a
// renewal, which is shorter.
#pragma once

#include <functional>
#include <string>

#include "base/event_loop.h"
#include "kube/request.h"
#include "kube/trouble.h"

namespace limen::kube {

struct ElectorSettings {
  std::string name_space, name;
  std::string identity;  // unique among the candidates
  std::chrono::milliseconds duration{15'000}, deadline{10'000}, retry{2'000};
};

class Elector {
 public:
  using Send = std::function<void(Request, std::function<void(Answer)>)>;

  Elector(ElectorSettings settings, EventLoop& loop, Send send, std::function<void(bool)> on_change)
      : settings_(std::move(settings)),
        loop_(loop),
        send_(std::move(send)),
        on_change_(std::move(on_change)) {}
  ~Elector();  // the Lease stays
  Elector(const Elector&) = delete;
  Elector& operator=(const Elector&) = delete;

  void start() { look(); }
  bool leads() const { return leads_; }
  // Gives the Lease up, so that another need not wait; calls back in any case, at most a second
  // later.
  void release(const std::function<void()>& done);

 private:
  using Clock = EventLoop::Clock;

  void look();
  void on_lease(const Answer& answer);
  void take_lease(const Json& lease);
  bool is_free(const Json& spec);
  void write(Request request);
  void on_written(const Answer& answer, Clock::time_point sent);
  void look_again();
  void set_leads(bool leads);
  Json lease_of(const Json& before, std::string_view holder) const;
  Resource resource() const { return {"coordination.k8s.io", "v1", "leases"}; }

  ElectorSettings settings_;
  EventLoop& loop_;
  Send send_;
  std::function<void(bool)> on_change_;
  bool leads_ = false, released_ = false;
  std::string seen_;                // the Lease's state
  Clock::time_point seen_since_{};  // since when it is so
  Json lease_;                      // as we wrote it last
  Trouble trouble_;
  uint64_t look_timer_ = 0, deadline_timer_ = 0, release_timer_ = 0;
};

}  // namespace limen::kube

// One incremental ADS stream as a state machine, without I/O.  Source: Envoy's "xDS REST and gRPC
// protocol".
//
// Order (make before break): clusters, their endpoints, then listeners, configurations of filters
// and routes, which wait until the clusters before them are acknowledged and warm, and routes for
// the filters, too; removals of clusters and endpoints come last.
// At most one response a type is unanswered; what changes meanwhile coalesces.  Not thread-safe:
// the group's mutex guards it.
//
// A refusal of several resources that names none of them says neither whose it is nor which of them
// were taken in: they are sent again in halves, until it is about one.  A refused listener is
// offered again from time to time: its port may have become free.
#pragma once

#include <absl/container/btree_set.h>
#include <absl/container/flat_hash_map.h>
#include <absl/container/flat_hash_set.h>

#include <optional>

#include "xds/server/resource_group.h"
#include "xds/server/wire.h"

namespace envoy::service::discovery::v3 {
class DeltaDiscoveryRequest;
}

namespace limen::xds {

// What an Envoy says to resources that it was sent, or has already when it connects.
struct Answer {
  ResourceType type;
  std::vector<std::pair<std::string, uint64_t>> resources;  // names and versions
  std::string refusal;                                      // Envoy's message; "": it accepts

  // Whether the refusal is about this one of them.  None of them may be: then it is not known whose
  // it is.
  bool refuses(const std::string& name) const;
};

class DeltaStream {
 public:
  // `patience`: how long routes wait for clusters that do not get warm.  `sotw`: each response
  // carries all clusters or listeners (sotw_adapter.h).
  explicit DeltaStream(Clock::duration patience, bool sotw = false)
      : patience_(patience), sotw_(sotw) {}

  // Takes a request in.  A type that is not served is ignored.
  std::optional<Answer> on_request(
      const envoy::service::discovery::v3::DeltaDiscoveryRequest& request,
      Clock::time_point now = Clock::now());

  // The next response to send, if there is any now.
  std::optional<DeltaResponse> next(const ResourceGroup& group, Clock::time_point now);

  // Names of what the Envoy has or was offered, sorted.
  std::vector<std::string> sent(ResourceType type) const;

  // How many names the stream keeps: what it costs.
  size_t names() const;

  // When next() may have an answer though nothing happened.
  std::optional<Clock::time_point> deadline() const;

 private:
  struct InFlight {
    std::string nonce;
    std::vector<std::pair<std::string, uint64_t>> resources;
  };
  struct TypeState {
    bool opened = false;  // a request for the type has come
    bool wildcard = false;
    absl::flat_hash_set<std::string> names;           // subscribed by name
    absl::flat_hash_map<std::string, uint64_t> sent;  // what the Envoy has or was offered
    absl::btree_set<std::string> pending;             // names to look at
    std::vector<std::vector<std::string>> trials;     // each to be sent by itself, last first
    bool look_at_all = false;
    bool owes_first = false;  // "*" has not been answered yet
    uint64_t cursor = 0;
    std::optional<InFlight> in_flight;
  };

  TypeState& state(ResourceType type) { return types_[static_cast<size_t>(type)]; }
  void subscribe(TypeState& it,
                 const envoy::service::discovery::v3::DeltaDiscoveryRequest& request);
  std::optional<Answer> refused(TypeState& it, Answer answer, Clock::time_point now);
  void offer_listeners_again(Clock::time_point now);
  void exchange(const Answer& answer);
  std::optional<DeltaResponse> withdraw_exchanged(const ResourceGroup& group);
  std::optional<DeltaResponse> try_again(ResourceType type, const ResourceGroup& group);
  DeltaResponse send(ResourceType type, const ResourceGroup& group, InFlight in_flight,
                     std::vector<WireResourcePtr> resources,
                     const std::vector<std::string>& removed);
  void gather(ResourceType type, const ResourceGroup& group);
  bool clusters_settled(Clock::time_point now);
  bool routes_settled();
  std::optional<DeltaResponse> respond(ResourceType type, const ResourceGroup& group,
                                       bool removals);
  void note_sent(ResourceType type, const std::string& name, uint64_t version,
                 const ResourceGroup& group);

  Clock::duration patience_;
  bool sotw_;
  std::array<TypeState, kResourceTypes> types_;
  absl::flat_hash_set<std::string> warming_;  // clusters sent whose endpoints are not acknowledged
  std::optional<Clock::time_point> waiting_since_;  // routes wait for clusters
  absl::flat_hash_set<std::string> refused_listeners_;
  Clock::duration listener_pause_{0};  // before they are offered again
  std::optional<Clock::time_point> listeners_due_;
  // Listeners that want each other's addresses, to be removed before they are sent again; the next
  // refusal in a row is another matter.
  std::vector<std::string> exchanged_;
  bool has_exchanged_ = false;
  uint64_t nonces_ = 0;
};

}  // namespace limen::xds

// The resources of one group of proxies, and what changed when.
//
// Per type a change log: (sequence, name).  A stream keeps a cursor into it and looks at what came
// since; nobody walks all resources for a change.  Not thread-safe: the owner's mutex guards it.
#pragma once

#include <absl/container/flat_hash_map.h>

#include <array>
#include <chrono>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "xds/resources/resource.h"

namespace limen::xds {

using Clock = std::chrono::steady_clock;

// A resource as a delta response carries it: field `resources` of DeltaDiscoveryResponse, tag and
// length included.  The owner's mutex guards it.
class WireResource {
 public:
  WireResource(ResourceType type, const std::string& name, FragmentPtr resource);

  uint64_t version() const { return resource_->hash; }
  const Fragment& resource() const { return *resource_; }
  // Put together when first asked for and kept while someone holds it: all streams share it.
  std::shared_ptr<const std::string> bytes() const;

 private:
  const std::string head_;
  const FragmentPtr resource_;
  mutable std::weak_ptr<const std::string> bytes_;
};
using WireResourcePtr = std::shared_ptr<const WireResource>;

class ResourceGroup {
 public:
  // Clusters and endpoints that are no longer wanted stay for `linger`, so that requests under way
  // find them; and so does what a change says for the meanwhile.
  explicit ResourceGroup(Clock::duration linger) : linger_(linger) {}

  void apply(const ResourceChange& change, Clock::time_point now);
  // Removes what has lingered long enough; true if anything went.
  bool expire(Clock::time_point now);
  std::optional<Clock::time_point> next_expiry() const;

  WireResourcePtr find(ResourceType type, const std::string& name) const;
  std::vector<std::string> names(ResourceType type) const;
  bool empty() const;

  // The sequence that the next change will get.
  uint64_t sequence(ResourceType type) const { return set(type).next; }
  // The names that changed since `cursor`; nullopt: the log does not reach back so far, look at
  // everything.
  std::optional<std::vector<std::string>> changed_since(ResourceType type, uint64_t cursor) const;

 private:
  struct Set {
    absl::flat_hash_map<std::string, WireResourcePtr> resources;
    std::deque<std::string> log;  // of the sequences [next - log.size(), next)
    uint64_t next = 0;
  };
  struct Lingering {
    Clock::time_point until;
    ResourceType type;
    std::string name;
    WireResourcePtr then;  // nullptr: it goes
  };

  const Set& set(ResourceType type) const { return sets_[static_cast<size_t>(type)]; }
  void store(ResourceType type, const std::string& name, WireResourcePtr resource);
  void store_later(ResourceType type, const std::string& name, WireResourcePtr resource,
                   Clock::time_point now);

  Clock::duration linger_;
  std::array<Set, kResourceTypes> sets_;
  std::deque<Lingering> lingering_;  // by time
  // By type and name, the one of these that counts.
  std::array<absl::flat_hash_map<std::string, Clock::time_point>, kResourceTypes> due_;
};

}  // namespace limen::xds

// State-of-the-world xDS, said in terms of an incremental stream: so both have one order, one
// bookkeeping and one set of rules.  Source: Envoy's "xDS REST and gRPC protocol".
//
// What the older form cannot say is left out: the removal of a resource that is asked for by name.
// Not thread-safe, as DeltaStream.
#pragma once

#include <absl/container/flat_hash_map.h>
#include <absl/container/flat_hash_set.h>

#include <optional>

#include "xds/server/delta_stream.h"

namespace envoy::service::discovery::v3 {
class DiscoveryRequest;
}

namespace limen::xds {

class SotwAdapter {
 public:
  envoy::service::discovery::v3::DeltaDiscoveryRequest to_delta(
      const envoy::service::discovery::v3::DiscoveryRequest& request);

  // A serialised DiscoveryResponse: all clusters or listeners that `stream` has sent, or the named
  // resources of `response`.  nullopt: nothing is to be said, and `stream` should take `response`
  // for acknowledged.
  static std::optional<std::string> to_sotw(const DeltaResponse& response,
                                            const DeltaStream& stream, const ResourceGroup& group);

 private:
  absl::flat_hash_map<std::string, absl::flat_hash_set<std::string>> names_;  // by type URL
};

}  // namespace limen::xds

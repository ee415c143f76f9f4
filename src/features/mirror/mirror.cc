#include <algorithm>

#include "features/features.h"

namespace limen::features {

void write_mirror(const api::HttpRequestMirrorFilter& filter, const std::string& cluster,
                  route_v3::RouteAction& out) {
  auto* policy = out.add_request_mirror_policies();
  policy->set_cluster(cluster);
  auto* share = policy->mutable_runtime_fraction()->mutable_default_value();
  using Percent = envoy::type::v3::FractionalPercent;
  if (filter.fraction) {
    // Envoy knows three denominators; a million is the nearest to any other.
    const int64_t parts =
        int64_t{filter.fraction->numerator} * 1'000'000 / std::max(filter.fraction->denominator, 1);
    share->set_numerator(static_cast<uint32_t>(std::clamp<int64_t>(parts, 0, 1'000'000)));
    share->set_denominator(Percent::MILLION);
  } else {
    share->set_numerator(static_cast<uint32_t>(filter.percent.value_or(100)));
    share->set_denominator(Percent::HUNDRED);
  }
}

}  // namespace limen::features

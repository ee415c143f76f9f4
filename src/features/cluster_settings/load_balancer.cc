// All of it as load_balancing_policy, which Envoy reads in place of lb_policy and of what
// common_lb_config says of localities.
#include <envoy/extensions/load_balancing_policies/client_side_weighted_round_robin/v3/client_side_weighted_round_robin.pb.h>
#include <envoy/extensions/load_balancing_policies/least_request/v3/least_request.pb.h>
#include <envoy/extensions/load_balancing_policies/maglev/v3/maglev.pb.h>
#include <envoy/extensions/load_balancing_policies/override_host/v3/override_host.pb.h>
#include <envoy/extensions/load_balancing_policies/random/v3/random.pb.h>
#include <envoy/extensions/load_balancing_policies/round_robin/v3/round_robin.pb.h>
#include <envoy/extensions/load_balancing_policies/wrr_locality/v3/wrr_locality.pb.h>
#include <fmt/format.h>

#include "features/cluster_settings/parts.h"
#include "features/duration.h"

namespace limen::features {
namespace {

namespace lb = envoy::extensions::load_balancing_policies;
using Utilization = lb::client_side_weighted_round_robin::v3::ClientSideWeightedRoundRobin;
using Policy = cluster_v3::LoadBalancingPolicy;

void add(const char* name, const google::protobuf::Message& config, Policy& out) {
  auto& entry = *out.add_policies()->mutable_typed_extension_config();
  entry.set_name(fmt::format("envoy.load_balancing_policies.{}", name));
  entry.mutable_typed_config()->PackFrom(config);
}

bool is_prime(int64_t number) {
  for (int64_t divisor = 2; divisor * divisor <= number; ++divisor) {
    if (number % divisor == 0) return false;
  }
  return number > 1;
}

class Writer {
 public:
  // `shares`: whether localities have weights.
  Writer(const api::LoadBalancer& from, bool shares, Mistakes& mistakes)
      : from_(from), shares_(shares), mistakes_(mistakes) {}

  void write(Policy& out) {
    if (from_.slow_start)
      mistakes_.want_positive(from_.slow_start->window, ".loadBalancer.slowStart.window");
    if (!from_.endpoint_override) return write_type(out);
    lb::override_host::v3::OverrideHost config;
    const auto& sources = from_.endpoint_override->extract_from;
    for (size_t i = 0; i < sources.size(); ++i) {
      if (!sources[i].header)
        mistakes_.add(fmt::format(".loadBalancer.endpointOverride.extractFrom[{}]", i),
                      "must name a header");
      config.add_override_host_sources()->set_header(sources[i].header.value_or(""));
    }
    write_type(*config.mutable_fallback_policy());
    add("override_host", config, out);
  }

 private:
  void write_type(Policy& out) {
    switch (from_.type) {
      case api::LoadBalancerType::kConsistentHash: return write_hash(out);
      case api::LoadBalancerType::kLeastRequest: {
        lb::least_request::v3::LeastRequest config;
        write_slow_start(config);
        return add_of_localities("least_request", config, out);
      }
      case api::LoadBalancerType::kRandom: {
        lb::random::v3::Random config;
        return add_of_localities("random", config, out);
      }
      case api::LoadBalancerType::kRoundRobin: {
        lb::round_robin::v3::RoundRobin config;
        write_slow_start(config);
        return add_of_localities("round_robin", config, out);
      }
      case api::LoadBalancerType::kBackendUtilization: return write_utilization(out);
      case api::LoadBalancerType::kDynamicModule:
        mistakes_.add(".loadBalancer.type", "Limen knows no dynamic modules");
    }
  }

  void add_of_localities(const char* name, auto& config, Policy& out) {
    if (shares_) config.mutable_locality_lb_config()->mutable_locality_weighted_lb_config();
    add(name, config, out);
  }

  void write_slow_start(auto& config) {
    if (from_.slow_start)
      write_duration(from_.slow_start->window,
                     *config.mutable_slow_start_config()->mutable_slow_start_window());
  }

  void write_hash(Policy& out) {
    lb::maglev::v3::Maglev config;
    const int64_t size = from_.consistent_hash.value_or(api::ConsistentHash{}).table_size;
    if (!is_prime(size))
      mistakes_.add(".loadBalancer.consistentHash.tableSize",
                    fmt::format("{} is no prime number", size));
    config.mutable_table_size()->set_value(static_cast<uint64_t>(size));
    if (shares_) config.mutable_locality_weighted_lb_config();
    add("maglev", config, out);
  }

  void write_utilization(Policy& out) {
    Utilization config;
    if (from_.backend_utilization) write_reports(*from_.backend_utilization, config);
    write_slow_start(config);
    if (!shares_) return add("client_side_weighted_round_robin", config, out);
    lb::wrr_locality::v3::WrrLocality localities;
    add("client_side_weighted_round_robin", config, *localities.mutable_endpoint_picking_policy());
    add("wrr_locality", localities, out);
  }

  void write_reports(const api::BackendUtilization& from, Utilization& out) {
    if (from.blackout_period) write_duration(*from.blackout_period, *out.mutable_blackout_period());
    if (from.weight_expiration_period)
      write_duration(*from.weight_expiration_period, *out.mutable_weight_expiration_period());
    if (from.weight_update_period)
      write_duration(*from.weight_update_period, *out.mutable_weight_update_period());
    if (from.error_utilization_penalty_percent)
      out.mutable_error_utilization_penalty()->set_value(
          static_cast<float>(*from.error_utilization_penalty_percent) / 100);
    for (const std::string& name : from.metric_names_for_computing_utilization)
      out.add_metric_names_for_computing_utilization(name);
    if (!from.out_of_band) return;
    const api::OutOfBandReports& reports = *from.out_of_band;
    mistakes_.want_positive(reports.reporting_period,
                            ".loadBalancer.backendUtilization.outOfBand.reportingPeriod");
    out.mutable_enable_oob_load_report()->set_value(true);
    if (reports.reporting_period)
      write_duration(*reports.reporting_period, *out.mutable_oob_reporting_period());
    if (reports.port)
      out.mutable_oob_reporting_config()->set_port_value(static_cast<uint32_t>(*reports.port));
    if (reports.authority) out.mutable_oob_reporting_config()->set_authority(*reports.authority);
  }

  const api::LoadBalancer& from_;
  const bool shares_;
  Mistakes& mistakes_;
};

}  // namespace

void write_load_balancer(const api::LoadBalancer& balancer, cluster_v3::Cluster& out,
                         Mistakes& mistakes) {
  const bool shares = out.common_lb_config().has_locality_weighted_lb_config();
  Writer(balancer, shares, mistakes).write(*out.mutable_load_balancing_policy());
  out.clear_lb_policy();
  if (shares) out.mutable_common_lb_config()->clear_locality_weighted_lb_config();
}

}  // namespace limen::features

#include <envoy/extensions/retry/host/previous_hosts/v3/previous_hosts.pb.h>

#include <algorithm>
#include <chrono>

#include "features/duration.h"
#include "features/features.h"

namespace limen::features {
namespace {

using std::chrono::milliseconds;

// What has not reached the backend is tried again.  What may have been worked on is not, unless the
// rule lists 504, a try's timeout.  Source: HTTPRouteRetry of Gateway API v1.7.
std::string retry_on(const api::HttpRouteRetry& retry) {
  std::string conditions =
      "connect-failure,refused-stream,unavailable,cancelled,retriable-status-codes";
  if (std::find(retry.codes.begin(), retry.codes.end(), 504) != retry.codes.end())
    conditions += ",reset";
  return conditions;
}

// Long requests must not be cut by the stream's idle timeout (Envoy's default is 5 minutes).
api::Duration idle_timeout(const api::Duration& request) {
  if (request.value == milliseconds(0)) return request;
  return {std::max<milliseconds>(std::chrono::hours(1), request.value)};
}

}  // namespace

void write_timeouts(const api::HttpRouteRule& rule, route_v3::RouteAction& out) {
  if (!rule.timeouts) return;
  const auto& [request, backend_request] = *rule.timeouts;
  const bool per_try = rule.retry.has_value();
  if (request) {
    write_duration(*request, *out.mutable_timeout());
  } else if (backend_request && !per_try) {
    write_duration(*backend_request, *out.mutable_timeout());
  }
  if (request && backend_request && !per_try && backend_request->value != milliseconds(0)) {
    write_duration(*backend_request,
                   *out.mutable_timeout());  // the shorter one, by the API's own rule
  }
  if (out.has_timeout()) {
    const auto& chosen = request ? *request : *backend_request;
    write_duration(idle_timeout(chosen), *out.mutable_idle_timeout());
  }
}

void write_retry(const api::HttpRouteRule& rule, route_v3::RouteAction& out) {
  if (!rule.retry) return;
  auto& policy = *out.mutable_retry_policy();
  policy.set_retry_on(retry_on(*rule.retry));
  if (rule.retry->codes.empty()) policy.add_retriable_status_codes(503);
  for (int32_t code : rule.retry->codes)
    policy.add_retriable_status_codes(static_cast<uint32_t>(code));
  policy.mutable_num_retries()->set_value(static_cast<uint32_t>(rule.retry->attempts));
  if (rule.retry->backoff)
    write_duration(*rule.retry->backoff, *policy.mutable_retry_back_off()->mutable_base_interval());
  if (rule.timeouts && rule.timeouts->backend_request) {
    write_duration(*rule.timeouts->backend_request, *policy.mutable_per_try_timeout());
  }
  auto* predicate = policy.add_retry_host_predicate();
  predicate->set_name("envoy.retry_host_predicates.previous_hosts");
  predicate->mutable_typed_config()->PackFrom(
      envoy::extensions::retry::host::previous_hosts::v3::PreviousHostsPredicate());
  policy.set_host_selection_retry_max_attempts(5);
}

}  // namespace limen::features

// Requests of Envoy's own take core.v3.RetryPolicy.  Envoy 1.40 reads of it the number of retries,
// their times and, but for jwt_authn, the conditions, without which it tries nothing again; a try
// ends with the longest time between two.
#include <absl/strings/str_cat.h>
#include <envoy/config/core/v3/base.pb.h>

#include <algorithm>

#include "features/cluster_settings.h"
#include "features/duration.h"

namespace limen::features {
namespace {

// Envoy Gateway's and, in place of its 503, what comes closest to it without a list of statuses.
constexpr char kRetryOn[] = "connect-failure,refused-stream,unavailable,cancelled,gateway-error";
constexpr api::Duration kBaseInterval = {std::chrono::seconds(1)};  // Envoy's

const char* name_of(api::RetryTrigger trigger) {
  switch (trigger) {
    case api::RetryTrigger::k5xx: return "5xx";
    case api::RetryTrigger::kGatewayError: return "gateway-error";
    case api::RetryTrigger::kReset: return "reset";
    case api::RetryTrigger::kResetBeforeRequest: return "reset-before-request";
    case api::RetryTrigger::kConnectFailure: return "connect-failure";
    case api::RetryTrigger::kRetriable4xx: return "retriable-4xx";
    case api::RetryTrigger::kRefusedStream: return "refused-stream";
    case api::RetryTrigger::kRetriableStatusCodes: return "retriable-status-codes";
    case api::RetryTrigger::kCancelled: return "cancelled";
    case api::RetryTrigger::kDeadlineExceeded: return "deadline-exceeded";
    case api::RetryTrigger::kInternal: return "internal";
    case api::RetryTrigger::kResourceExhausted: return "resource-exhausted";
    case api::RetryTrigger::kUnavailable: return "unavailable";
  }
  __builtin_unreachable();
}

void write_back_off(const api::BackOff& from, envoy::config::core::v3::BackoffStrategy& out,
                    Problems& problems) {
  const auto& [base, longest] = from;
  for (const auto& [value, field] : {std::pair{base, "baseInterval"}, {longest, "maxInterval"}}) {
    if (value && value->value.count() <= 0)
      problems.push_back(
          {"Invalid", absl::StrCat(".retry.perRetry.backOff.", field), "must be longer than 0s"});
  }
  write_duration(base ? *base : std::min(kBaseInterval, longest.value_or(kBaseInterval)),
                 *out.mutable_base_interval());
  if (longest) write_duration(*longest, *out.mutable_max_interval());
}

}  // namespace

Problems write_retry(const api::Retry& retry, Caller caller,
                     envoy::config::core::v3::RetryPolicy& out) {
  Problems problems;
  const auto fail = [&](const char* field) {
    problems.push_back({"Invalid", absl::StrCat(".retry.", field),
                        "Envoy knows no such thing of its own requests"});
  };
  out.mutable_num_retries()->set_value(static_cast<uint32_t>(retry.num_retries));
  if (retry.per_retry && retry.per_retry->timeout) fail("perRetry.timeout");
  if (retry.per_retry && retry.per_retry->back_off)
    write_back_off(*retry.per_retry->back_off, *out.mutable_retry_back_off(), problems);
  if (retry.retry_on && !retry.retry_on->http_status_codes.empty()) fail("retryOn.httpStatusCodes");
  if (caller == Caller::kJwks) return problems;
  std::string conditions;
  if (retry.retry_on) {
    for (const api::RetryTrigger trigger : retry.retry_on->triggers)
      absl::StrAppend(&conditions, conditions.empty() ? "" : ",", name_of(trigger));
  }
  out.set_retry_on(conditions.empty() ? kRetryOn : conditions);
  return problems;
}

std::vector<std::string> fields_without_effect(const api::ClusterSettings& settings,
                                               Caller caller) {
  std::vector<std::string> fields;
  const auto& balancer = settings.load_balancer;
  if (balancer && balancer->consistent_hash) fields.push_back("loadBalancer.consistentHash.type");
  if (balancer && balancer->zone_aware) fields.push_back("loadBalancer.zoneAware");
  if (settings.retry && settings.retry->num_attempts_per_priority)
    fields.push_back("retry.numAttemptsPerPriority");
  if (caller == Caller::kJwks && settings.retry && settings.retry->retry_on &&
      !settings.retry->retry_on->triggers.empty())
    fields.push_back("retry.retryOn.triggers");
  if (settings.timeout && settings.timeout->http && settings.timeout->http->stream_idle_timeout)
    fields.push_back("timeout.http.streamIdleTimeout");
  return fields;
}

}  // namespace limen::features

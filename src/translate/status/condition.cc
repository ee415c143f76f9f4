#include "translate/status/rules.h"

namespace limen::translate {

api::Condition condition(Text type, const Verdict& verdict, Text positive, Text message,
                         int64_t generation) {
  api::Condition result;
  result.type = std::move(type);
  result.status = verdict.ok ? api::ConditionStatus::kTrue : api::ConditionStatus::kFalse;
  result.observed_generation = generation;
  result.reason = verdict.ok ? std::move(positive) : verdict.reason;
  result.message = verdict.ok ? std::move(message) : verdict.message;
  return result;
}

}  // namespace limen::translate

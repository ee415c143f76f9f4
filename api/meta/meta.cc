#include <fmt/format.h>

#include "api/meta/tables.h"
#include "base/strings.h"

namespace limen::api {

using schema::keep_empty;
using schema::object;
using schema::required;

std::string_view format_of(const Time*) { return "date-time"; }
bool parse_text(const std::string& text, Time& out) {
  const auto seconds = parse_time(text);
  if (seconds) out.unix_seconds = *seconds;
  return seconds.has_value();
}
std::string format_text(const Time& time) {
  return time.unix_seconds == 0 ? "" : format_time(time.unix_seconds);
}

constexpr char kDurationPattern[] = "^([0-9]{1,5}(h|m|s|ms)){1,4}$";

std::string_view format_of(const Duration*) { return "duration such as 1h30m, 10s or 150ms"; }
std::string_view pattern_of(const Duration*) { return kDurationPattern; }
bool parse_text(const std::string& text, Duration& out) {
  static const re2::RE2 form(kDurationPattern);
  if (!re2::RE2::FullMatch(text, form)) return false;
  static const re2::RE2 part("([0-9]+)(ms|h|m|s)");
  int64_t total = 0, count = 0;
  std::string unit;
  re2::StringPiece rest(text);
  while (re2::RE2::Consume(&rest, part, &count, &unit)) {
    total += count * (unit == "h" ? 3'600'000 : unit == "m" ? 60'000 : unit == "s" ? 1000 : 1);
  }
  out.value = std::chrono::milliseconds(total);
  return true;
}
std::string format_text(const Duration& duration) {
  int64_t rest = duration.value.count();
  if (rest == 0) return "0s";
  std::string text;
  static constexpr std::pair<const char*, int64_t> kUnits[] = {
      {"h", 3'600'000}, {"m", 60'000}, {"s", 1000}, {"ms", 1}};
  for (const auto& [unit, size] : kUnits) {
    if (rest / size > 0) text += fmt::format("{}{}", rest / size, unit);
    rest %= size;
  }
  return text;
}

std::vector<std::string_view> names_of(const ConditionStatus*) {
  return {"True", "False", "Unknown"};
}
std::vector<std::string_view> names_of(const LabelOperator*) {
  return {"In", "NotIn", "Exists", "DoesNotExist"};
}

const Schema& schema_of(const ObjectMeta*) {
  static const Schema schema =
      object<ObjectMeta>("ObjectMeta", "What all objects share.")
          .field<&ObjectMeta::name>("name", "Name, unique for its kind and namespace.", required(),
                                    schema::length(1, 253))
          .field<&ObjectMeta::name_space>("namespace", "Namespace; `default` where none is given.",
                                          schema::length(0, 63))
          .field<&ObjectMeta::uid>("uid", "Identity over time, given by the API server.")
          .field<&ObjectMeta::generation>("generation", "Counts the versions of the spec.")
          .field<&ObjectMeta::creation_timestamp>("creationTimestamp", "When the object was made.")
          .field<&ObjectMeta::labels>("labels", "Labels, for selectors.")
          .field<&ObjectMeta::annotations>("annotations", "Annotations.");
  return schema;
}

const Schema& schema_of(const Condition*) {
  static const Schema schema =
      object<Condition>("Condition", "One aspect of an object's state.")
          .field<&Condition::type>(
              "type", "Which aspect.", required(), schema::length(0, 316),
              schema::pattern(
                  R"(^([a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*/)?(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])$)"))
          .field<&Condition::status>("status", "True, False or Unknown.", required())
          .field<&Condition::observed_generation>(
              "observedGeneration", "The metadata.generation that it was told for.", schema::min(0))
          .field<&Condition::last_transition_time>("lastTransitionTime",
                                                   "When the status last changed.")
          .field<&Condition::reason>("reason", "Why, as one word.", required(), keep_empty(),
                                     schema::length(1, 1024),
                                     schema::pattern("^[A-Za-z]([A-Za-z0-9_,:]*[A-Za-z0-9_])?$"))
          .field<&Condition::message>("message", "Why, as a sentence.", required(), keep_empty(),
                                      schema::length(0, 32768));
  return schema;
}

const Schema& schema_of(const LabelSelectorRequirement*) {
  static const Schema schema =
      object<LabelSelectorRequirement>("LabelSelectorRequirement", "A condition on one label.")
          .field<&LabelSelectorRequirement::key>("key", "The label.", required())
          .field<&LabelSelectorRequirement::op>("operator", "How its value relates to `values`.",
                                                required())
          .field<&LabelSelectorRequirement::values>("values", "Values for In and NotIn.");
  return schema;
}

const Schema& schema_of(const LabelSelector*) {
  static const Schema schema =
      object<LabelSelector>("LabelSelector",
                            "Selects objects by label; all that it says must hold.")
          .field<&LabelSelector::match_labels>("matchLabels", "Labels that must have these values.")
          .field<&LabelSelector::match_expressions>("matchExpressions", "Further conditions.");
  return schema;
}

}  // namespace limen::api

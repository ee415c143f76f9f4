#include "translate/policy/outcomes.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "translate/policy/rules.h"
#include "translate/status/rules.h"

namespace limen::translate {
namespace {

constexpr size_t kMostNames = 10;  // in a message

std::string names_of(const std::set<std::string>& all) {
  std::vector<std::string> names(all.begin(), all.end());
  const size_t more = names.size() > kMostNames ? names.size() - kMostNames : 0;
  names.resize(names.size() - more);
  std::string text = fmt::format("{}", fmt::join(names, ", "));
  return more == 0 ? text : fmt::format("{} and {} more", text, more);
}

// One condition for all; several reasons are "Warnings".
api::Condition warning_of(const std::vector<PolicyWarning>& warnings, int64_t generation) {
  Text reason = warnings.front().reason;
  std::string message;
  for (const PolicyWarning& warning : warnings) {
    if (warning.reason != reason) reason = "Warnings";
    message += (message.empty() ? "" : "; ") + warning.message.str();
  }
  return condition("Warning", {}, std::move(reason), message, generation);
}

std::vector<api::Condition> conditions_of(const PolicyOutcome& outcome, int64_t generation,
                                          const std::vector<PolicyWarning>& warnings) {
  std::vector<api::Condition> conditions;
  conditions.push_back(
      condition("Accepted", outcome.verdict, "Accepted", "the policy is accepted", generation));
  if (!outcome.overriding.empty())
    conditions.push_back(condition("Overridden", {}, "Overridden",
                                   "more specific policies govern: " + names_of(outcome.overriding),
                                   generation));
  if (!outcome.merged_over.empty())
    conditions.push_back(condition("Merged", {}, "Merged",
                                   "merged over " + names_of(outcome.merged_over), generation));
  else if (!outcome.merged_into.empty())
    conditions.push_back(condition("Merged", {}, "Merged",
                                   "merged into those of " + names_of(outcome.merged_into),
                                   generation));
  if (!warnings.empty()) conditions.push_back(warning_of(warnings, generation));
  return conditions;
}

}  // namespace

PolicyWarning deprecated(std::string_view field, std::string_view instead) {
  return {"DeprecatedField", fmt::format("{} is deprecated, use {}", field, instead)};
}

PolicyWarning without_effect(const std::vector<std::string>& fields) {
  return {"NoEffect", fmt::format("without effect: {}", fmt::join(fields, ", "))};
}

PolicyOutcome& PolicyOutcomes::of(const api::ParentReference& ancestor) {
  for (PolicyOutcome& outcome : all_) {
    if (outcome.ancestor == ancestor) return outcome;
  }
  return all_.emplace_back(PolicyOutcome{ancestor});
}

void PolicyOutcomes::write(const Options& options, int64_t generation,
                           const std::vector<PolicyWarning>& warnings, api::PolicyStatus& out) && {
  // They are not the ones to be left out.
  std::stable_partition(all_.begin(), all_.end(),
                        [](const PolicyOutcome& outcome) { return !outcome.verdict.ok; });
  for (const PolicyOutcome& outcome : all_) {
    if (out.ancestors.size() >= kMostAncestors) {
      out.ancestors.back().conditions.push_back(
          condition("Aggregated", {}, "Aggregated",
                    fmt::format("the policy has {} ancestors; not all have an entry", all_.size()),
                    generation));
      break;
    }
    out.ancestors.push_back(
        {outcome.ancestor, options.controller_name, conditions_of(outcome, generation, warnings)});
  }
}

api::ParentReference reference_to(const RouteKey& object, const Text& section) {
  api::ParentReference ref;
  ref.kind = api::info(object.kind).name;
  ref.name_space = object.object.name_space;
  ref.name = object.object.name;
  if (!section.empty()) ref.section_name = section;
  return ref;
}

const ListenerModel* named(const Text& section, const std::vector<ListenerModel>& listeners) {
  const auto it = std::find_if(listeners.begin(), listeners.end(),
                               [&](const auto& listener) { return section == listener.name; });
  return it == listeners.end() ? nullptr : &*it;
}

Verdict no_section(const PolicyTarget& target, const char* what) {
  return Verdict::no("TargetNotFound", fmt::format("{} has no {} named {}", target.object.text(),
                                                   what, target.section));
}

Verdict conflict_of(flow::Reads& reads, PoliciesOfTarget& policies, const NamedPolicy& policy,
                    const PolicyTarget& target) {
  for (const auto& [other, targets] : policies.get(reads, target.object)) {
    if (other == policy.key) break;
    const auto& all = targets.targets;
    if (std::find(all.begin(), all.end(), target) == all.end()) continue;
    const std::string section =
        target.section.empty() ? std::string() : fmt::format(" ({})", target.section);
    return Verdict::no("Conflicted", fmt::format("{} {} targets {}{} too and is older", policy.kind,
                                                 other.text(), target.object.text(), section));
  }
  return {};
}

bool is_behind(const PolicyTarget& target, const PolicyListeners::Place& place,
               const ProxyName& listener) {
  if (target.object.kind == api::Kind::kGateway && place.gateway != target.object.object)
    return false;
  if (target.object.kind == api::Kind::kListenerSet &&
      listener.name.str().find("/" + target.object.object.text() + "/") == std::string::npos)
    return false;
  const std::string name = "/" + target.section.str();
  return target.section.empty() || listener.name.str().ends_with(name);
}

}  // namespace limen::translate

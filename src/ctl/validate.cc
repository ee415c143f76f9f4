#include <fmt/format.h>

#include <algorithm>

#include "api/objects.h"
#include "ctl/attachment_advice.h"
#include "ctl/commands.h"
#include "ctl/offline.h"

namespace limen::ctl {
namespace {

// A condition that says what is wrong: one that should be True and is not.
bool is_bad(const api::Condition& condition) {
  const bool is_true = condition.status == api::ConditionStatus::kTrue;
  return is_true == api::is_bad_when_true(condition.type);
}

// The conditions of one thing that are bad, without those that only follow from another: what is
// not accepted is not programmed either.
std::vector<const api::Condition*> causes(const std::vector<api::Condition>& conditions) {
  std::vector<const api::Condition*> bad;
  for (const api::Condition& condition : conditions) {
    const auto same = [&](const auto* it) { return it->message == condition.message; };
    if (is_bad(condition) && std::none_of(bad.begin(), bad.end(), same)) bad.push_back(&condition);
  }
  if (bad.size() > 1)
    std::erase_if(bad, [](const auto* condition) { return condition->type == "Programmed"; });
  return bad;
}

class StatusReport {
 public:
  explicit StatusReport(const Offline& offline) : offline_(offline) {}

  void add(const translate::StatusChange& change) {
    if (change.gone()) return;
    object_ = label(change.kind, change.key);
    kind_ = change.kind;
    std::visit([this](const auto& status) { add(status); }, change.status);
  }
  std::vector<std::string> take_errors() { return sorted(lines_); }

  std::vector<std::string> warnings() const {
    std::vector<std::string> refused, lines;
    for (const auto& problem : offline_.problems) refused.push_back(problem.object);
    for (const Advice& advice : advise_attachment(offline_.objects, refused))
      lines.push_back(fmt::format("{}: {}: NoEffect: {}", label(advice.kind, advice.key),
                                  advice.path, advice.message));
    lines.insert(lines.end(), warnings_.begin(), warnings_.end());
    return sorted(lines);
  }

 private:
  static std::vector<std::string> sorted(std::vector<std::string> lines) {
    std::sort(lines.begin(), lines.end());
    return lines;
  }
  std::string label(api::Kind kind, const api::ObjectKey& key) const {
    return fmt::format("{}: {}", offline_.store.location(kind, key),
                       api::text_of(api::info(kind), key));
  }
  void add(std::monostate) {}
  template <class T>
  void add(const std::shared_ptr<const T>& status) {
    add(*status);
  }
  void add(const api::GatewayClassStatus& status) { add(status.conditions, ""); }
  void add(const api::BackendStatus& status) { add(status.conditions, ""); }
  void add(const api::GatewayStatus& status) { add_listeners(status); }
  void add(const api::ListenerSetStatus& status) { add_listeners(status); }
  template <class T>
  void add_listeners(const T& status) {
    const size_t before = lines_.size();
    for (const auto& listener : status.listeners)
      add(listener.conditions, "listener " + listener.name + ": ");
    const bool no_listener =
        lines_.size() > before &&
        std::all_of(status.conditions.begin(), status.conditions.end(), [](const auto& condition) {
          return condition.type == "Programmed" || !is_bad(condition) ||
                 condition.reason == "ListenersNotValid" ||
                 condition.reason == "ListenersNotResolved";
        });
    if (!no_listener) add(status.conditions, "");  // else they follow from the listeners'
  }
  void add(const api::RouteStatus& status) {
    for (const auto& parent : status.parents)
      add(parent.conditions, fmt::format("parent {}: ", parent.parent_ref.name));
  }
  void add(const api::PolicyStatus& status) {
    const std::string ours = translate::Options().controller_name;
    const auto is_ours = [&](const auto& ancestor) { return ancestor.controller_name == ours; };
    if (std::none_of(status.ancestors.begin(), status.ancestors.end(), is_ours))
      warnings_.push_back(fmt::format("{}: spec.targetRefs: NoEffect: {}", object_,
                                      kind_ == api::Kind::kBackendTlsPolicy
                                          ? "no route sends anything there"
                                          : "no Gateway of ours serves what it targets"));
    for (const auto& ancestor : status.ancestors)
      add(ancestor.conditions,
          fmt::format("{} {}: ", ancestor.ancestor_ref.kind, ancestor.ancestor_ref.name));
  }
  void add(const std::vector<api::Condition>& conditions, const std::string& where) {
    for (const api::Condition* condition : causes(conditions)) {
      // What only a running Limen can find out is nobody's mistake.
      auto& lines = condition->reason == "Pending" ? warnings_ : lines_;
      lines.push_back(fmt::format("{}: {}{}: {}: {}", object_, where, condition->type,
                                  condition->reason, condition->message));
    }
  }

  const Offline& offline_;
  std::string object_;  // with its place
  api::Kind kind_ = api::Kind::kGatewayClass;
  std::vector<std::string> lines_;
  std::vector<std::string> warnings_;
};

}  // namespace

int validate(const ValidateOptions& options) {
  const Offline offline = load_offline(options.paths);
  size_t errors = 0, warnings = 0;
  for (const auto& problem : offline.problems) {
    const bool is_error = problem.severity == providers::Severity::kError;
    ++(is_error ? errors : warnings);
    fmt::print("{}{}\n", is_error ? "" : "warning: ", text_of(problem));
  }
  StatusReport report(offline);
  for (const auto& change : offline.output.statuses) report.add(change);
  for (const std::string& line : report.warnings()) {
    ++warnings;
    fmt::print("warning: {}\n", line);
  }
  for (const std::string& line : report.take_errors()) {
    ++errors;
    fmt::print("{}\n", line);
  }
  if (offline.objects.empty() && offline.problems.empty()) {
    ++warnings;
    fmt::print(
        "warning: {}: NoObjects: nothing was found there: folders are read for files that end "
        "in .yaml, .yml or .json\n",
        fmt::join(options.paths, ", "));
  }
  fmt::print("{} objects, {} errors, {} warnings\n", offline.objects.size(), errors, warnings);
  return errors > 0 ? kInvalid : kOk;
}

}  // namespace limen::ctl

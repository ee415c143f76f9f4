#include <fmt/format.h>

#include <algorithm>

#include "api/objects.h"
#include "ctl/commands.h"
#include "ctl/offline.h"

namespace limen::ctl {
namespace {

// A condition that says what is wrong: one that should be True and is not.
bool is_bad(const api::Condition& condition) {
  const bool is_true = condition.status == api::ConditionStatus::kTrue;
  if (condition.type == "Conflicted" || condition.type == "PartiallyInvalid") return is_true;
  return !is_true;
}

class StatusReport {
 public:
  explicit StatusReport(const providers::ObjectStore& store) : store_(store) {}

  void add(const translate::StatusChange& change) {
    if (change.gone()) return;
    using RouteStatus = std::shared_ptr<const api::RouteStatus>;
    const auto* route = std::get_if<RouteStatus>(&change.status);
    if (route != nullptr && (*route)->parents.empty()) {
      unattached_.push_back(fmt::format(
          "{}: {}: spec.parentRefs: names no Gateway or ListenerSet that Limen runs, so the route "
          "takes effect nowhere",
          store_.location(change.kind, change.key),
          api::text_of(api::info(change.kind), change.key)));
    }
    object_ = fmt::format("{}: {}", store_.location(change.kind, change.key),
                          api::text_of(api::info(change.kind), change.key));
    std::visit([this](const auto& status) { add(status); }, change.status);
  }
  std::vector<std::string> take_errors() {
    std::sort(lines_.begin(), lines_.end());
    return std::move(lines_);
  }
  std::vector<std::string> take_warnings() {
    std::sort(unattached_.begin(), unattached_.end());
    return std::move(unattached_);
  }

 private:
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
    add(status.conditions, "");
    for (const auto& listener : status.listeners)
      add(listener.conditions, "listener " + listener.name + ": ");
  }
  void add(const api::RouteStatus& status) {
    for (const auto& parent : status.parents)
      add(parent.conditions, fmt::format("parent {}: ", parent.parent_ref.name));
  }
  void add(const std::vector<api::Condition>& conditions, const std::string& where) {
    for (const api::Condition& condition : conditions) {
      if (is_bad(condition)) {
        lines_.push_back(fmt::format("{}: {}{}: {}: {}", object_, where, condition.type,
                                     condition.reason, condition.message));
      }
    }
  }

  const providers::ObjectStore& store_;
  std::string object_;  // with its place
  std::vector<std::string> lines_;
  std::vector<std::string> unattached_;
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
  StatusReport report(offline.store);
  for (const auto& change : offline.output.statuses) report.add(change);
  for (const std::string& line : report.take_warnings()) {
    ++warnings;
    fmt::print("warning: {}\n", line);
  }
  for (const std::string& line : report.take_errors()) {
    ++errors;
    fmt::print("{}\n", line);
  }
  fmt::print("{} objects, {} errors, {} warnings\n", offline.objects.size(), errors, warnings);
  return errors > 0 ? kInvalid : kOk;
}

}  // namespace limen::ctl

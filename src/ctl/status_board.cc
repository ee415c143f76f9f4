#include "ctl/status_board.h"

#include <fmt/format.h>

#include <algorithm>
#include <ctime>
#include <map>

#include "api/objects.h"
#include "base/strings.h"
#include "ctl/offline.h"

namespace limen::ctl {
namespace {

bool is_condition(const Json& value) {
  return value.find("observedGeneration") != nullptr && value.find("reason") != nullptr;
}

// Visits every condition with its place: ".listeners.http.conditions.Accepted".
template <class Visit>
void for_each_condition(Json& value, const std::string& place, const Visit& visit) {
  if (value.is_array()) {
    for (size_t i = 0; i < value.as_array().size(); ++i) {
      Json& element = value.as_array()[i];
      const std::string_view name = element.text(is_condition(element) ? "type" : "name");
      for_each_condition(
          element,
          fmt::format("{}.{}", place, name.empty() ? std::to_string(i) : std::string(name)), visit);
    }
  } else if (is_condition(value)) {
    visit(place, value);
  } else if (value.is_object()) {
    for (auto& [name, member] : value.as_object())
      for_each_condition(member, fmt::format("{}.{}", place, name), visit);
  }
}

}  // namespace

int64_t StatusBoard::Entry::since(std::string_view place) const {
  if (!older) return changed;
  const auto it = std::find_if(older->begin(), older->end(),
                               [&](const auto& entry) { return entry.first == place; });
  return it == older->end() ? changed : it->second;
}

Json StatusBoard::emit(const Entry& entry) {
  Json status = translate::emit_status(entry.status);
  for_each_condition(status, "", [&](const std::string& place, Json& condition) {
    condition.set("lastTransitionTime", format_time(entry.since(place)));
  });
  return status;
}

// lastTransitionTime: when the condition's `status` became what it is.  Source: metav1.Condition.
StatusBoard::Entry StatusBoard::successor(const Entry* before,
                                          const translate::StatusChange& change, int64_t now) {
  Entry entry{change.status, now, {}};
  if (before == nullptr) return entry;
  std::map<std::string, std::string> statuses;
  Json old = translate::emit_status(before->status);
  for_each_condition(old, "", [&](const std::string& place, const Json& it) {
    statuses[place] = it.text("status");
  });
  Json fresh = translate::emit_status(entry.status);
  for_each_condition(fresh, "", [&](const std::string& place, const Json& it) {
    const auto was = statuses.find(place);
    if (was == statuses.end() || was->second != it.text("status")) return;
    if (!entry.older) entry.older.emplace();
    entry.older->emplace_back(place, before->since(place));
  });
  return entry;
}

void StatusBoard::update(const std::vector<translate::StatusChange>& changes) {
  const int64_t now = ::time(nullptr);
  for (const auto& change : changes) {
    const Identity identity{change.kind, change.key};
    const auto before = objects_.find(identity);
    if (change.gone()) {
      objects_.erase(identity);
    } else if (before == objects_.end()) {
      objects_.emplace(identity, successor(nullptr, change, now));
    } else {
      before->second = successor(&before->second, change, now);
    }
  }
}

Json StatusBoard::report() const {
  Json::Array objects, problems, held;
  for (const auto& [identity, entry] : objects_) {
    const api::KindInfo& kind = api::info(identity.first);
    Json metadata{Json::Object{}}, object{Json::Object{}};
    metadata.set("name", identity.second.name.str());
    if (!identity.second.name_space.empty())
      metadata.set("namespace", identity.second.name_space.str());
    const std::string group = kind.group.empty() ? "" : std::string(kind.group) + "/";
    object.set("apiVersion", group + std::string(kind.versions[0]));
    object.set("kind", kind.name);
    object.set("metadata", std::move(metadata));
    object.set("status", emit(entry));
    objects.push_back(std::move(object));
  }
  for (const auto& problem : problems_) problems.emplace_back(text_of(problem));
  for (const auto& it : held_) {
    Json entry{Json::Object{}};
    entry.set("path", it.path);
    entry.set("why", it.why);
    entry.set("objects", static_cast<int64_t>(it.objects));
    entry.set("routes", static_cast<int64_t>(it.routes));
    held.push_back(std::move(entry));
  }
  Json all{Json::Object{}};
  all.set("held", std::move(held));
  all.set("objects", std::move(objects));
  all.set("problems", std::move(problems));
  return all;
}

}  // namespace limen::ctl

#include "providers/kube/status_merge.h"

#include <algorithm>

namespace limen::providers {
namespace {

constexpr std::string_view kLists[] = {"parents", "ancestors"};
constexpr std::string_view kTime = "lastTransitionTime";

bool is_condition(const Json& value) {
  return value.find("status") != nullptr && value.find("reason") != nullptr;
}

bool same_member(const Json& a, const Json& b, std::string_view name) {
  const Json *x = a.find(name), *y = b.find(name);
  return x == nullptr || y == nullptr ? x == y : *x == *y;
}

// Whether two elements of a list are about the same thing.
bool same_subject(const Json& a, const Json& b) {
  if (is_condition(a)) return a.text("type") == b.text("type");
  return std::ranges::all_of(
      std::initializer_list<std::string_view>{"name", "parentRef", "ancestorRef", "controllerName"},
      [&](std::string_view name) { return same_member(a, b, name); });
}

const Json* counterpart(const Json& element, const Json* list) {
  if (list == nullptr || !list->is_array()) return nullptr;
  for (const Json& each : list->as_array()) {
    if (each.is_object() && same_subject(element, each)) return &each;
  }
  return nullptr;
}

// Conditions of others stay.  Their types begin with a domain, unlike those of Gateway API, all of
// which are ours.  Source: metav1.Condition.type ("CamelCase or foo.example.com/CamelCase").
void keep_foreign(Json& conditions, const Json* before) {
  if (before == nullptr || !before->is_array()) return;
  for (const Json& each : before->as_array()) {
    const bool foreign = each.is_object() && each.text("type").find('/') != std::string::npos;
    if (foreign && counterpart(each, &conditions) == nullptr) conditions.as_array().push_back(each);
  }
}

// Fills in the times of all conditions, and what stays of others.
void complete(Json& value, const Json* before, std::string_view now) {
  if (value.is_array()) {
    for (Json& element : value.as_array()) {
      if (element.is_object()) complete(element, counterpart(element, before), now);
    }
  } else if (value.is_object() && is_condition(value)) {
    const bool same = before != nullptr && before->text("status") == value.text("status") &&
                      !before->text(kTime).empty();
    value.set(std::string(kTime), same ? before->text(kTime) : now);
  } else if (value.is_object()) {
    for (auto& [name, member] : value.as_object()) {
      const Json* earlier = before == nullptr ? nullptr : before->find(name);
      complete(member, earlier, now);
      if (name == "conditions" && member.is_array()) keep_foreign(member, earlier);
    }
  }
}

// The entries of others where they are, ours in the place they have or at the end.
Json merge_entries(const Json* wanted, const Json* current, std::string_view controller) {
  Json::Array ours, result;
  if (wanted != nullptr && wanted->is_array()) ours = wanted->as_array();
  if (current != nullptr && current->is_array()) {
    for (const Json& entry : current->as_array()) {
      if (entry.text("controllerName") != controller) {
        result.push_back(entry);
        continue;
      }
      const auto same =
          std::ranges::find_if(ours, [&](const Json& it) { return same_subject(it, entry); });
      if (same == ours.end()) continue;
      result.push_back(std::move(*same));
      ours.erase(same);
    }
  }
  for (Json& entry : ours) result.push_back(std::move(entry));
  return result;
}

}  // namespace

Json merge_status(const Json& wanted, const Json& current, std::string_view controller,
                  std::string_view now) {
  Json merged = wanted;
  if (merged.is_null()) merged = current.is_null() ? Json(Json::Object{}) : current;
  complete(merged, &current, now);
  for (const std::string_view list : kLists) {
    if (wanted.find(list) == nullptr && current.find(list) == nullptr) continue;
    const Json* mine = wanted.is_null() ? nullptr : merged.find(list);
    merged.set(std::string(list), merge_entries(mine, current.find(list), controller));
  }
  return merged;
}

bool has_entries_of(const Json& status, std::string_view controller) {
  return std::ranges::any_of(kLists, [&](std::string_view list) {
    const Json* entries = status.find(list);
    return entries != nullptr && entries->is_array() &&
           std::ranges::any_of(entries->as_array(), [&](const Json& entry) {
             return entry.text("controllerName") == controller;
           });
  });
}

Json patch_between(const Json& current, const Json& merged) {
  Json patch{Json::Object{}};
  for (const auto& [name, value] : merged.as_object()) {
    const Json* before = current.find(name);
    if (before == nullptr || *before != value) patch.set(name, value);
  }
  if (current.is_object()) {
    for (const auto& [name, value] : current.as_object()) {
      if (merged.find(name) == nullptr) patch.set(name, nullptr);
    }
  }
  return patch;
}

}  // namespace limen::providers

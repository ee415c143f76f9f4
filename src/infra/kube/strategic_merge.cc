#include "infra/kube/strategic_merge.h"

#include <algorithm>
#include <array>

namespace limen::infra {
namespace {

constexpr char kDirective[] = "$patch";
constexpr std::string_view kDeleteFrom = "$deleteFromPrimitiveList/";

struct MergeKey {
  std::string_view list, key;
};

// patchMergeKey of the lists in Deployments, DaemonSets, Services and their pods.
constexpr std::array<MergeKey, 14> kMergeKeys = {{{"containers", "name"},
                                                  {"initContainers", "name"},
                                                  {"ephemeralContainers", "name"},
                                                  {"env", "name"},
                                                  {"ports", "containerPort"},
                                                  {"ports", "port"},
                                                  {"volumes", "name"},
                                                  {"volumeMounts", "mountPath"},
                                                  {"volumeDevices", "devicePath"},
                                                  {"imagePullSecrets", "name"},
                                                  {"hostAliases", "ip"},
                                                  {"topologySpreadConstraints", "topologyKey"},
                                                  {"resourceClaims", "name"},
                                                  {"ownerReferences", "uid"}}};

// By what the elements of that list are told apart; "": it is replaced as a whole.
std::string_view merge_key(std::string_view list, const Json::Array& patch) {
  for (const MergeKey& each : kMergeKeys) {
    const auto has_key = [&](const Json& element) { return element.find(each.key) != nullptr; };
    if (each.list == list && std::any_of(patch.begin(), patch.end(), has_key)) return each.key;
  }
  return {};
}

void erase_member(Json& object, std::string_view name) {
  std::erase_if(object.as_object(),
                [&](const Json::Member& member) { return member.first == name; });
}

void replace_list(Json& into, const Json::Array& patch) {
  Json::Array kept;
  for (const Json& element : patch) {
    if (element.text(kDirective).empty()) kept.push_back(element);
  }
  into = std::move(kept);
}

void merge_element(Json::Array& list, std::string_view key, const Json& element) {
  const Json* value = element.find(key);
  const auto same = [&](const Json& each) {
    const Json* found = each.find(key);
    return found != nullptr && value != nullptr && *found == *value;
  };
  if (element.text(kDirective) == "delete") {
    std::erase_if(list, same);
    return;
  }
  const auto found = std::find_if(list.begin(), list.end(), same);
  if (found != list.end()) return strategic_merge(*found, element);
  list.emplace_back(Json::Object{});
  strategic_merge(list.back(), element);
}

void merge_list(std::string_view name, Json& into, const Json::Array& patch) {
  const auto replaces = [](const Json& each) { return each.text(kDirective) == "replace"; };
  const std::string_view key = merge_key(name, patch);
  if (key.empty() || !into.is_array() || std::any_of(patch.begin(), patch.end(), replaces))
    return replace_list(into, patch);
  for (const Json& element : patch) merge_element(into.as_array(), key, element);
}

void delete_from(Json& into, std::string_view list, const Json& values) {
  Json* found = into.find(list);
  if (found == nullptr || !found->is_array() || !values.is_array()) return;
  const auto& gone = values.as_array();
  std::erase_if(found->as_array(), [&](const Json& element) {
    return std::find(gone.begin(), gone.end(), element) != gone.end();
  });
}

void merge_member(Json& into, const std::string& name, const Json& patch) {
  if (name.starts_with(kDeleteFrom))
    return delete_from(into, std::string_view(name).substr(kDeleteFrom.size()), patch);
  if (name.starts_with('$')) return;  // of order alone
  if (patch.is_null() || patch.text(kDirective) == "delete") return erase_member(into, name);
  if (into.find(name) == nullptr)
    into.set(name, patch.is_array() ? Json(Json::Array{}) : Json(Json::Object{}));
  Json& member = *into.find(name);
  if (patch.is_array())
    merge_list(name, member, patch.as_array());
  else
    strategic_merge(member, patch);
}

}  // namespace

void strategic_merge(Json& into, const Json& patch) {
  if (!patch.is_object()) {
    into = patch;
    return;
  }
  if (!into.is_object() || patch.text(kDirective) == "replace") into = Json::Object{};
  for (const auto& [name, value] : patch.as_object()) merge_member(into, name, value);
}

void json_merge(Json& into, const Json& patch) {
  if (!patch.is_object()) {
    into = patch;
    return;
  }
  if (!into.is_object()) into = Json::Object{};
  for (const auto& [name, value] : patch.as_object()) {
    if (value.is_null()) {
      erase_member(into, name);
      continue;
    }
    if (into.find(name) == nullptr) into.set(name, Json());
    json_merge(*into.find(name), value);
  }
}

void apply_patch(const std::optional<api::KubernetesPatch>& patch, Json& object) {
  if (!patch) return;
  switch (patch->type) {
    case api::PatchType::kStrategicMerge: return strategic_merge(object, patch->value);
    case api::PatchType::kJsonMerge: return json_merge(object, patch->value);
  }
}

}  // namespace limen::infra

#include "xds/bootstrap/patch.h"

#include <algorithm>
#include <array>

#include "base/json_patch.h"
#include "base/yaml.h"
#include "xds/bootstrap/bootstrap.h"

namespace limen::xds {
namespace {

constexpr std::array kOwned = {"/node/id", "/node/cluster", "/admin/address", "/dynamic_resources"};
constexpr char kClusters[] = "/static_resources/clusters";
constexpr char kXdsCluster[] = "xds_cluster";

Json without_fetch_timeouts(Json value) {
  for (const char* name : {"lds_config", "cds_config"}) {
    if (Json* config = value.find(name); config != nullptr && config->is_object())
      std::erase_if(config->as_object(),
                    [](const auto& member) { return member.first == "initial_fetch_timeout"; });
  }
  return value;
}

const Json* xds_cluster(const Json& config) {
  const Json* clusters = find_pointer(config, kClusters);
  if (clusters == nullptr || !clusters->is_array()) return nullptr;
  for (const Json& cluster : clusters->as_array()) {
    if (cluster.text("name") == kXdsCluster) return &cluster;
  }
  return nullptr;
}

const Json* load_assignment(const Json& config) {
  const Json* cluster = xds_cluster(config);
  return cluster == nullptr ? nullptr : cluster->find("load_assignment");
}

bool same(const Json* a, const Json* b) {
  return a != nullptr && b != nullptr && without_fetch_timeouts(*a) == without_fetch_timeouts(*b);
}

Status check_owned(const Json& base, const Json& patched) {
  for (const char* pointer : kOwned) {
    if (!same(find_pointer(base, pointer), find_pointer(patched, pointer)))
      return Error{std::string(pointer) + " is Limen's and must not be changed"};
  }
  if (!same(load_assignment(base), load_assignment(patched)))
    return Error{"the load_assignment of xds_cluster is Limen's and must not be changed"};
  return {};
}

bool has_named(const Json& list, std::string_view name) {
  const auto& items = list.as_array();
  return std::any_of(items.begin(), items.end(),
                     [&](const Json& item) { return item.text("name") == name; });
}

// Clusters or listeners of Limen's by whose names there are none.
void add_missing(const Json& base, const char* list, Json& config) {
  const Json* ours = base.find("static_resources")->find(list);
  if (ours == nullptr) return;
  Json& resources = *config.find("static_resources");
  if (const Json* theirs = resources.find(list); theirs == nullptr || !theirs->is_array())
    resources.set(list, Json(Json::Array{}));
  Json& theirs = *resources.find(list);
  for (const Json& each : ours->as_array()) {
    if (!has_named(theirs, each.text("name"))) theirs.as_array().push_back(each);
  }
}

// Puts Limen's parts into a configuration that a user wrote.
Result<Json> with_owned(const Json& base, Json config) {
  if (!config.is_object()) return Error{"spec.bootstrap.value must be an object"};
  for (const char* name : {"node", "admin", "static_resources"}) {
    if (config.find(name) == nullptr) config.set(name, Json(Json::Object{}));
  }
  std::vector<JsonPatchStep> steps;
  steps.reserve(std::size(kOwned));
  for (const char* pointer : kOwned)
    steps.push_back({"add", pointer, "", *find_pointer(base, pointer)});
  auto result = apply_patch(std::move(config), steps);
  if (!result) return result;
  for (const char* list : {"clusters", "listeners"}) add_missing(base, list, *result);
  for (Json& cluster : result->find("static_resources")->find("clusters")->as_array()) {
    if (cluster.text("name") == kXdsCluster) cluster.set("load_assignment", *load_assignment(base));
  }
  return result;
}

Result<Json> value_of(const api::ProxyBootstrap& patch) {
  const auto documents = parse_yaml(patch.value.value_or(""));
  if (documents.size() != 1) return Error{"spec.bootstrap.value must be one YAML document"};
  if (documents[0].problem) return Error{"spec.bootstrap.value: " + documents[0].problem->message};
  return documents[0].value;
}

std::vector<JsonPatchStep> steps_of(const api::ProxyBootstrap& patch) {
  std::vector<JsonPatchStep> steps;
  steps.reserve(std::size(kOwned));
  for (const api::JsonPatchOperation& it : patch.json_patches)
    steps.push_back({it.op, it.path.value_or(""), it.from.value_or(""), it.value.value_or(Json())});
  return steps;
}

}  // namespace

Result<Json> patch_bootstrap(const Json& base, const api::ProxyBootstrap& patch) {
  Json result = base;
  if (patch.type == api::BootstrapType::kJsonPatch) {
    auto patched = apply_patch(base, steps_of(patch));
    if (!patched) return with_context(patched.error(), "spec.bootstrap.jsonPatches");
    result = std::move(*patched);
  } else {
    auto value = value_of(patch);
    if (!value) return value;
    if (patch.type == api::BootstrapType::kReplace) return with_owned(base, std::move(*value));
    merge_json(result, *value);
  }
  if (const Status owned = check_owned(base, result); !owned)
    return with_context(owned.error(), "spec.bootstrap");
  return result;
}

Status check_bootstrap(const api::ProxyBootstrap& patch) {
  const Json sample = make_bootstrap({"proxy", "node", "/admin.sock", "/xds.sock"});
  const auto patched = patch_bootstrap(sample, patch);
  return patched ? Status() : Status(patched.error());
}

}  // namespace limen::xds

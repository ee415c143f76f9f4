#include "translate/labels.h"

#include <algorithm>

namespace limen::translate {
namespace {

bool meets(const api::LabelSelectorRequirement& requirement,
           const std::map<std::string, std::string>& labels) {
  const auto it = labels.find(requirement.key);
  const bool listed = it != labels.end() &&
                      std::find(requirement.values.begin(), requirement.values.end(), it->second) !=
                          requirement.values.end();
  switch (requirement.op) {
    case api::LabelOperator::kIn: return listed;
    case api::LabelOperator::kNotIn: return !listed;
    case api::LabelOperator::kExists: return it != labels.end();
    case api::LabelOperator::kDoesNotExist: return it == labels.end();
  }
  __builtin_unreachable();
}

}  // namespace

bool selects(const api::LabelSelector& selector, const std::map<std::string, std::string>& labels) {
  for (const auto& [key, value] : selector.match_labels) {
    const auto it = labels.find(key);
    if (it == labels.end() || it->second != value) return false;
  }
  return std::all_of(selector.match_expressions.begin(), selector.match_expressions.end(),
                     [&](const auto& requirement) { return meets(requirement, labels); });
}

std::map<std::string, std::string> labels_of_namespace(flow::Reads& reads, World& world,
                                                       const std::string& name) {
  const api::Namespace* object = world.namespaces.get(reads, {"", name});
  std::map<std::string, std::string> labels;
  if (object != nullptr)
    labels.insert(object->metadata.labels.begin(), object->metadata.labels.end());
  labels.emplace("kubernetes.io/metadata.name", name);
  return labels;
}

}  // namespace limen::translate

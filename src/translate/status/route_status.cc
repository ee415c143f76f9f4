#include "translate/status/rules.h"

namespace limen::translate {
namespace {

// One rule that can't be translated leaves the others working: PartiallyInvalid.
Verdict accepted_verdict(const Attachment& attachment, const TranslatedRoute* route) {
  if (!attachment.accepted.ok) return attachment.accepted;
  if (route != nullptr && !route->envoy.ok) return route->envoy;
  if (route != nullptr && route->all_rules_failed) return route->rules;
  return {};
}

Verdict resolved_verdict(flow::Reads& reads, World& world, const RouteKey& key,
                         const TranslatedRoute* route) {
  if (route == nullptr) return {};
  if (!route->resolved_refs.ok) return route->resolved_refs;
  const Refusal* refusal = world.routes_to_refused.get(reads, key);
  return refusal == nullptr ? Verdict{} : Verdict::no("InvalidBackendRef", refusal->message);
}

}  // namespace

std::shared_ptr<const api::RouteStatus> route_status(flow::Reads& reads, World& world,
                                                     const RouteKey& key) {
  const Attachments* attachments = world.attachments.get(reads, key);
  const RouteObject* object = world.route_objects.get(reads, key);
  if (attachments == nullptr || object == nullptr) return nullptr;
  const TranslatedRoute* route = world.routes.get(reads, key);
  const int64_t generation = object->metadata().generation;
  auto status = std::make_shared<api::RouteStatus>();
  for (size_t i = 0; i < attachments->parents.size(); ++i) {
    const Attachment& attachment = attachments->parents[i];
    if (!attachment.ours) continue;
    api::RouteParentStatus parent;
    parent.parent_ref = object->spec().parent_refs[i];
    parent.controller_name = world.options.controller_name;
    parent.conditions.push_back(condition("Accepted", accepted_verdict(attachment, route),
                                          "Accepted", "the route is accepted", generation));
    parent.conditions.push_back(
        condition("ResolvedRefs", resolved_verdict(reads, world, key, route), "ResolvedRefs",
                  "all references are resolved", generation));
    if (attachment.accepted.ok && route != nullptr && !route->rules.ok &&
        !route->all_rules_failed) {
      api::Condition partial = condition("PartiallyInvalid", route->rules, "", "", generation);
      partial.status = api::ConditionStatus::kTrue;
      parent.conditions.push_back(std::move(partial));
    }
    status->parents.push_back(std::move(parent));
  }
  return status;
}

std::shared_ptr<const api::BackendStatus> backend_status(flow::Reads& reads, World& world,
                                                         const ObjectKey& key) {
  const api::Backend* object = world.backends.get(reads, key);
  if (object == nullptr) return nullptr;
  Verdict accepted;
  if (object->spec.type == api::BackendType::kDynamicResolver) {
    accepted = Verdict::no("Invalid", "spec.type: DynamicResolver is not supported yet");
  } else if (object->spec.endpoints.empty()) {
    accepted = Verdict::no("Invalid", "spec.endpoints: at least one endpoint is needed");
  } else if (const Refusal* refusal = world.refused_backends.get(reads, key)) {
    accepted = Verdict::no("Invalid", refusal->message);
  }
  auto status = std::make_shared<api::BackendStatus>();
  status->conditions.push_back(condition("Accepted", accepted, "Accepted",
                                         "the Backend is accepted", object->metadata.generation));
  return status;
}

}  // namespace limen::translate

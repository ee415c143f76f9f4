#include <fmt/format.h>

#include "translate/status/rules.h"

namespace limen::translate {
namespace {

// One rule that can't be translated leaves the others working: PartiallyInvalid.
Verdict accepted_verdict(const Attachment& attachment, const TranslatedRoute* route) {
  if (!attachment.accepted.ok) return attachment.accepted;
  if (route != nullptr && route->envoy) return *route->envoy;
  if (route != nullptr && route->all_rules_failed) return *route->rules;
  return {};
}

// Of several TLSRoutes, TCPRoutes or UDPRoutes for the same host on a listener one gets all; the
// others are accepted all the same, and no condition is made for it.  "": nothing is taken from the
// route.
std::string taken_by_others(flow::Reads& reads, World& world, const RouteKey& key,
                            const Attachment& attachment) {
  for (const AttachedListener& listener : attachment.listeners) {
    if (!listener.route_configuration.empty()) continue;  // HTTP, where each match has its place
    for (const RouteHost& host : listener.hosts) {
      const auto& members = world.routes_of_filter_chain.get(
          reads, {listener.proxy, {}, listener.listener, host.host});
      if (members.empty()) continue;
      const auto [order, winner, route] = *members.sorted().begin();
      if (winner == key) continue;
      return fmt::format(", but {} comes before it and gets all that listener {} takes{}",
                         winner.text(), listener.listener,
                         host.host == "*" ? "" : " for " + host.host);
    }
  }
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
    const std::string accepted =
        "the route is accepted" + taken_by_others(reads, world, key, attachment);
    parent.conditions.push_back(condition("Accepted", accepted_verdict(attachment, route),
                                          "Accepted", accepted, generation));
    parent.conditions.push_back(
        condition("ResolvedRefs", resolved_verdict(reads, world, key, route), "ResolvedRefs",
                  "all references are resolved", generation));
    if (attachment.accepted.ok && route != nullptr && route->rules && !route->all_rules_failed) {
      api::Condition partial = condition("PartiallyInvalid", *route->rules, "", "", generation);
      partial.status = api::ConditionStatus::kTrue;
      parent.conditions.push_back(std::move(partial));
    }
    status->parents.push_back(std::move(parent));
  }
  return status;
}

namespace {

// Of its spec.tls.
Verdict tls_verdict(flow::Reads& reads, World& world, const ObjectKey& key) {
  const BackendTls* tls = world.own_tls.get(reads, key);
  if (tls == nullptr) return {};
  if (!tls->accepted.ok)
    return Verdict::no("Invalid", tls->accepted.message.str() + "; nothing is sent there");
  const SecretUse* use = world.backend_secrets.get(reads, key);
  if (use == nullptr) return {};
  for (const Text& proxy : use->proxies) {
    for (const SdsSecret& secret : use->secrets) {
      const Refusal* refusal =
          world.refusals.get(reads, {proxy.str(), xds::ResourceType::kSecret, secret.name});
      if (refusal != nullptr)
        return Verdict::no("Invalid", "Envoy refuses " + secret.name + ": " + refusal->message +
                                          "; the last good one stays in force");
    }
  }
  return {};
}

}  // namespace

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
  } else {
    accepted = tls_verdict(reads, world, key);
  }
  auto status = std::make_shared<api::BackendStatus>();
  status->conditions.push_back(condition("Accepted", accepted, "Accepted",
                                         "the Backend is accepted", object->metadata.generation));
  return status;
}

}  // namespace limen::translate

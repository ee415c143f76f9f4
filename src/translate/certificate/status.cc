#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <set>

#include "base/strings.h"
#include "translate/certificate/rules.h"
#include "translate/policy/rules.h"
#include "translate/status/rules.h"

namespace limen::translate {
namespace {

constexpr char kReady[] = "Ready";

Verdict ready_of(const ObjectKey& secret, const acme::CertificateState* state) {
  if (state == nullptr || (state->not_after == 0 && state->failure.empty()))
    return Verdict::no("Pending", fmt::format("{}: it is being obtained", secret.text()));
  if (state->not_after != 0) return {};
  return Verdict::no("Failed", fmt::format("{}: {}; {}", secret.text(), state->failure,
                                           state->busy ? "it is tried again now"
                                           : state->next_try == INT64_MAX
                                               ? "it is given up until the policy changes"
                                               : "next try at " + format_time(state->next_try)));
}

std::string text_of(const ObjectKey& secret, const acme::CertificateState& state) {
  return fmt::format("{}: until {}, renewed from {}{}", secret.text(), format_time(state.not_after),
                     format_time(state.renew_at),
                     state.failure.empty() ? "" : "; the last renewal failed: " + state.failure);
}

// What a policy comes to for a Gateway or ListenerSet, or a listener of one.
struct Outcome {
  Verdict accepted, ready;
  std::string text;  // of certificates that there are
};

class Status {
 public:
  Status(flow::Reads& reads, World& world, const ObjectKey& key)
      : reads_(reads), world_(world), key_(key) {}

  // nullopt: it is not ours.
  std::optional<Outcome> outcome_of(const TargetKey& owner, const Text& section) {
    if (owner.kind == api::Kind::kGateway && world_.gateways.get(reads_, owner.object) == nullptr)
      return std::nullopt;
    if (owner.kind == api::Kind::kListenerSet && world_.sets.get(reads_, owner.object) == nullptr)
      return std::nullopt;
    Outcome outcome;
    if (const IssuersModel* issuers = world_.certificate_issuers.get(reads_, key_))
      outcome.accepted = issuers->resolved_refs;
    const OwnedCertificates* certificates = world_.owned_certificates.get(reads_, owner);
    bool governs = false;
    std::set<ObjectKey> told;
    for (const CertificateUse& use :
         certificates == nullptr ? std::vector<CertificateUse>() : certificates->uses) {
      if (use.policy != key_ || (!section.empty() && use.section != section)) continue;
      governs = true;
      if (told.insert(use.secret).second) add(use, outcome);
    }
    if (!governs && outcome.accepted.ok) {
      outcome.accepted = Verdict::no(
          "NoListeners", section.empty()
                             ? Text("no listener with certificateRefs is left to it: there are "
                                    "none, or a more specific or an older policy has them")
                             : Text(fmt::format("listener {} is not there, has no certificateRefs, "
                                                "or is an older policy's",
                                                section)));
    }
    return outcome;
  }

 private:
  void add(const CertificateUse& use, Outcome& outcome) {
    const auto* state = world_.certificate_states.get(reads_, use.secret);
    const Verdict ready = use.verdict.ok ? ready_of(use.secret, state) : use.verdict;
    if (!ready.ok && outcome.ready.ok) outcome.ready = ready;
    if (ready.ok) outcome.text += (outcome.text.empty() ? "" : "; ") + text_of(use.secret, *state);
  }

  flow::Reads& reads_;
  World& world_;
  const ObjectKey& key_;
};

}  // namespace

std::shared_ptr<const api::PolicyStatus> certificate_policy_status(flow::Reads& reads, World& world,
                                                                   const ObjectKey& key) {
  const api::CertificatePolicy* policy = world.certificate_policies.get(reads, key);
  if (policy == nullptr) return nullptr;
  std::set<std::pair<TargetKey, Text>> places;
  for (const auto& ref : policy->spec.target_refs)
    places.insert(
        {{certificate_owner_kind(ref), {key.name_space, ref.name}}, ref.section_name.value_or("")});
  for (const auto& [gateway, object] : world.gateways_naming_policy.get(reads, key))
    places.insert({{api::Kind::kGateway, gateway}, Text()});
  for (const auto& [set, object] : world.sets_naming_policy.get(reads, key))
    places.insert({{api::Kind::kListenerSet, set}, Text()});
  auto result = std::make_shared<api::PolicyStatus>(others_of(policy->status, world.options));
  Status status(reads, world, key);
  const int64_t generation = policy->metadata.generation;
  for (const auto& [owner, section] : places) {
    const auto outcome = status.outcome_of(owner, section);
    if (!outcome || result->ancestors.size() >= kMostAncestors) continue;
    api::PolicyAncestorStatus ancestor;
    ancestor.ancestor_ref.kind = api::info(owner.kind).name;
    ancestor.ancestor_ref.name_space = owner.object.name_space;
    ancestor.ancestor_ref.name = owner.object.name;
    if (!section.empty()) ancestor.ancestor_ref.section_name = section;
    ancestor.controller_name = world.options.controller_name;
    ancestor.conditions.push_back(
        condition("Accepted", outcome->accepted, "Accepted", "the policy is accepted", generation));
    if (outcome->accepted.ok)
      ancestor.conditions.push_back(
          condition(kReady, outcome->ready, "Issued", outcome->text, generation));
    result->ancestors.push_back(std::move(ancestor));
  }
  return result;
}

}  // namespace limen::translate

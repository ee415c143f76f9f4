#include <fmt/format.h>

#include "translate/certificate/rules.h"

namespace limen::translate {

api::Kind certificate_owner_kind(const api::LocalPolicyTargetReferenceWithSectionName& ref) {
  return ref.kind == "ListenerSet" ? api::Kind::kListenerSet : api::Kind::kGateway;
}

std::optional<CertificateGovernor> governor_of(flow::Reads& reads, World& world,
                                               const CertificateOwner& owner,
                                               const std::string& section) {
  std::optional<CertificateGovernor> of_owner;
  const TargetKey key = owner.key();
  for (const auto& [policy, spec] : world.certificate_policies_of.get(reads, key)) {
    for (const auto& ref : spec.spec.target_refs) {
      if (key.object.name != ref.name || key.kind != certificate_owner_kind(ref)) continue;
      if (ref.section_name == section) return CertificateGovernor{policy, std::nullopt};
      if (!ref.section_name && !of_owner) of_owner = {policy, std::nullopt};
    }
  }
  if (of_owner) return of_owner;
  const auto annotation = owner.metadata.annotations.find(api::kAcmeAnnotation);
  if (annotation == owner.metadata.annotations.end()) return std::nullopt;
  if (auto issuer = well_known_issuer(annotation->second, world.options))
    return CertificateGovernor{std::nullopt, std::move(issuer)};
  return CertificateGovernor{ObjectKey{key.object.name_space, annotation->second}, std::nullopt};
}

void await_certificate(flow::Reads& reads, World& world, const CertificateOwner& owner,
                       ListenerModel& listener) {
  const bool ends_tls = listener.protocol == Protocol::kHttps ||
                        (listener.protocol == Protocol::kTls && !listener.passthrough);
  if (!ends_tls || !listener.accepted.ok || !listener.secrets.empty() || listener.hostname == "*" ||
      listener.resolved_refs.reason != "InvalidCertificateRef")
    return;
  if (!world.options.acme) return;
  const auto governor = governor_of(reads, world, owner, listener.name);
  if (!governor) return;
  listener.awaits_certificate = true;
  const std::string more = fmt::format(
      "{}; it is obtained by ACME{}", listener.resolved_refs.message,
      governor->policy ? fmt::format(": see CertificatePolicy {}", governor->policy->text()) : "");
  listener.resolved_refs.message = more;
  listener.programmed.message = more;
}

}  // namespace limen::translate

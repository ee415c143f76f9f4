#include <fmt/format.h>

#include "translate/certificate/rules.h"

namespace limen::translate {

std::optional<CertificateGovernor> governor_of(flow::Reads& reads, World& world,
                                               const api::Gateway& gateway,
                                               const std::string& section) {
  std::optional<CertificateGovernor> of_gateway;
  const ObjectKey key = gateway.metadata.key();
  for (const auto& [policy, spec] : world.certificate_policies_of.get(reads, key)) {
    for (const auto& ref : spec.spec.target_refs) {
      if (key.name != ref.name) continue;
      if (ref.section_name == section) return CertificateGovernor{policy, std::nullopt};
      if (!ref.section_name && !of_gateway) of_gateway = {policy, std::nullopt};
    }
  }
  if (of_gateway) return of_gateway;
  const auto annotation = gateway.metadata.annotations.find(api::kAcmeAnnotation);
  if (annotation == gateway.metadata.annotations.end()) return std::nullopt;
  if (auto issuer = well_known_issuer(annotation->second, world.options))
    return CertificateGovernor{std::nullopt, std::move(issuer)};
  return CertificateGovernor{ObjectKey{key.name_space, annotation->second}, std::nullopt};
}

void await_certificate(flow::Reads& reads, World& world, const api::Gateway& gateway,
                       ListenerModel& listener) {
  const bool ends_tls = listener.protocol == Protocol::kHttps ||
                        (listener.protocol == Protocol::kTls && !listener.passthrough);
  if (!ends_tls || !listener.accepted.ok || !listener.secrets.empty() || listener.hostname == "*" ||
      listener.resolved_refs.reason != "InvalidCertificateRef")
    return;
  if (!world.options.acme) return;
  const auto governor = governor_of(reads, world, gateway, listener.name);
  if (!governor) return;
  listener.awaits_certificate = true;
  const std::string more = fmt::format(
      "{}; it is obtained by ACME{}", listener.resolved_refs.message,
      governor->policy ? fmt::format(": see CertificatePolicy {}", governor->policy->text()) : "");
  listener.resolved_refs.message = more;
  listener.programmed.message = more;
}

}  // namespace limen::translate

#include <envoy/extensions/transport_sockets/tls/v3/tls.pb.h>
#include <fmt/format.h>

#include <algorithm>

#include "features/features.h"
#include "translate/policy/rules.h"
#include "translate/sds.h"
#include "translate/trust.h"

namespace limen::translate {
namespace {

namespace tls_v3 = envoy::extensions::transport_sockets::tls::v3;

// The CAs of all references that can be read.
Trust read_cas(flow::Reads& reads, World& world, const ObjectKey& policy,
               const std::vector<api::LocalObjectReference>& refs, BackendTls& out) {
  Trust all;
  for (size_t i = 0; i < refs.size(); ++i) {
    all.add(
        read_trust(reads, world, refs[i].group, refs[i].kind, {policy.name_space, refs[i].name}));
    if (all.verdict.ok || !out.resolved_refs.ok) continue;
    out.resolved_refs = Verdict::no(
        all.verdict.reason,
        fmt::format("spec.validation.caCertificateRefs[{}]: {}", i, all.verdict.message));
  }
  if (all.empty()) out.accepted = Verdict::no("NoValidCACertificate", out.resolved_refs.message);
  return all;
}

// Beside what the policy says of names.
void write_cas(const Trust& cas, const std::string& system_cas, tls_v3::CommonTlsContext& out) {
  if (!cas.sds.empty()) {
    tls_v3::CertificateValidationContext names = out.validation_context();
    auto& combined = *out.mutable_combined_validation_context();
    *combined.mutable_default_validation_context() = std::move(names);
    write_sds(cas.sds, *combined.mutable_validation_context_sds_secret_config());
    return;
  }
  auto& authorities = *out.mutable_validation_context()->mutable_trusted_ca();
  if (cas.pem.empty())
    authorities.set_filename(system_cas);
  else
    authorities.set_inline_bytes(cas.pem);
}

// The name of the port; "": it has none, or the target is a Backend.
std::string port_name(flow::Reads& reads, World& world, const ClusterRef& cluster) {
  if (cluster.kind != api::Kind::kService) return {};
  const api::Service* service = world.services.get(reads, cluster.object);
  if (service == nullptr) return {};
  for (const api::ServicePort& port : service->spec.ports) {
    if (port.port == cluster.port) return port.name;
  }
  return {};
}

}  // namespace

std::optional<TargetKey> target_of(const Text& name_space,
                                   const api::LocalPolicyTargetReferenceWithSectionName& ref) {
  if (ref.group.empty() && ref.kind == "Service")
    return TargetKey{api::Kind::kService, {name_space, ref.name}};
  if (ref.group == api::kEnvoyGroup && ref.kind == "Backend")
    return TargetKey{api::Kind::kBackend, {name_space, ref.name}};
  return std::nullopt;
}

std::shared_ptr<const BackendTls> read_backend_tls(flow::Reads& reads, World& world,
                                                   const ObjectKey& key) {
  const api::BackendTlsPolicy* policy = world.backend_tls_policies.get(reads, key);
  if (policy == nullptr) return nullptr;
  const api::BackendTlsPolicyValidation& validation = policy->spec.validation;
  auto result = std::make_shared<BackendTls>();
  Trust cas;
  if (!validation.well_known_ca_certificates) {
    cas = read_cas(reads, world, key, validation.ca_certificate_refs, *result);
  } else if (*validation.well_known_ca_certificates != "System") {
    result->accepted = Verdict::no(
        "Invalid",
        fmt::format("spec.validation.wellKnownCACertificates: {} is not supported: use System",
                    *validation.well_known_ca_certificates));
  } else if (world.options.system_cas.empty()) {
    result->accepted = Verdict::no("NoValidCACertificate",
                                   "spec.validation.wellKnownCACertificates: this machine has no "
                                   "file of CAs that it trusts");
  }
  if (!result->accepted.ok) return result;
  tls_v3::UpstreamTlsContext context;
  features::write_upstream_tls(validation, context);
  write_cas(cas, world.options.system_cas, *context.mutable_common_tls_context());
  result->cas = std::move(cas.sds);
  result->context = xds::fragment_of(context);
  return result;
}

const BackendTls* tls_of(flow::Reads& reads, World& world, const ClusterRef& cluster) {
  if (!takes_tls(cluster)) return nullptr;
  const TargetKey target{cluster.kind, cluster.object};
  const auto& policies = world.policies_of_target.get(reads, target);
  if (policies.empty()) return nullptr;
  const std::string port = port_name(reads, world, cluster);
  const ObjectKey* general = nullptr;
  for (const auto& [key, policy] : policies) {
    for (const auto& ref : policy.spec.target_refs) {
      if (target_of(key.name_space, ref) != target) continue;
      if (ref.section_name && !port.empty() && *ref.section_name == port)
        return world.backend_tls.get(reads, key);
      if (!ref.section_name && general == nullptr) general = &key;
    }
  }
  return general == nullptr ? nullptr : world.backend_tls.get(reads, *general);
}

bool takes_tls_somewhere(flow::Reads& reads, World& world, const ClusterRef& cluster) {
  const std::vector members = members_of(cluster);
  return std::any_of(members.begin(), members.end(), [&](const ClusterMember& member) {
    return tls_of(reads, world, member.ref) != nullptr;
  });
}

}  // namespace limen::translate

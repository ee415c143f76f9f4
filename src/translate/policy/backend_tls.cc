#include <envoy/extensions/transport_sockets/tls/v3/tls.pb.h>
#include <fmt/format.h>

#include <algorithm>

#include "features/tls.h"
#include "translate/gateway/rules.h"
#include "translate/policy/rules.h"
#include "translate/sds.h"
#include "translate/trust.h"

namespace limen::translate {
namespace {

namespace tls_v3 = envoy::extensions::transport_sockets::tls::v3;

// The CAs of all references that can be read.
Trust read_cas(flow::Reads& reads, World& world, const Text& name_space,
               const std::vector<api::LocalObjectReference>& refs, const char* path,
               BackendTls& out) {
  Trust all;
  for (size_t i = 0; i < refs.size(); ++i) {
    all.add(read_trust(reads, world, refs[i].group, refs[i].kind, {name_space, refs[i].name}));
    if (all.verdict.ok || !out.resolved_refs.ok) continue;
    out.resolved_refs =
        Verdict::no(all.verdict.reason, fmt::format("{}[{}]: {}", path, i, all.verdict.message));
  }
  if (all.empty()) out.accepted = Verdict::no("NoValidCACertificate", out.resolved_refs.message);
  return all;
}

void refuse_system_cas(const char* path, BackendTls& out) {
  out.accepted =
      Verdict::no("NoValidCACertificate",
                  fmt::format("{}: this machine has no file of CAs that it trusts", path));
}

// Envoy's SPIFFE validator looks at no other names.
constexpr char kUris[] =
    "must have one of type URI, for where another SDS server has the CAs Envoy looks at no other "
    "names";

bool names_uri(const api::BackendTlsPolicyValidation& validation) {
  const auto& names = validation.subject_alt_names;
  return std::any_of(names.begin(), names.end(),
                     [](const auto& name) { return name.type == api::SubjectAltNameType::kUri; });
}

// Beside what is said of names.
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
    cas = read_cas(reads, world, key.name_space, validation.ca_certificate_refs,
                   "spec.validation.caCertificateRefs", *result);
  } else if (*validation.well_known_ca_certificates != "System") {
    result->accepted = Verdict::no(
        "Invalid",
        fmt::format("spec.validation.wellKnownCACertificates: {} is not supported: use System",
                    *validation.well_known_ca_certificates));
  } else if (world.options.system_cas.empty()) {
    refuse_system_cas("spec.validation.wellKnownCACertificates", *result);
  }
  if (result->accepted.ok && !cas.sds.empty() && !names_uri(validation))
    result->accepted =
        Verdict::no("Invalid", fmt::format("spec.validation.subjectAltNames: {}", kUris));
  if (!result->accepted.ok) return result;
  tls_v3::UpstreamTlsContext context;
  features::write_upstream_tls(validation, context);
  write_cas(cas, world.options.system_cas, *context.mutable_common_tls_context());
  result->cas = std::move(cas.sds);
  result->context = xds::fragment_of(context);
  return result;
}

const ObjectKey* governing_policy(flow::Reads& reads, World& world, const ClusterRef& cluster) {
  const TargetKey target{cluster.kind, cluster.object};
  const auto& policies = world.policies_of_target.get(reads, target);
  if (policies.empty()) return nullptr;
  const std::string port = port_name(reads, world, cluster);
  const ObjectKey* general = nullptr;
  for (const auto& [key, policy] : policies) {
    for (const auto& ref : policy.spec.target_refs) {
      if (target_of(key.name_space, ref) != target) continue;
      if (ref.section_name && !port.empty() && *ref.section_name == port) return &key;
      if (!ref.section_name && general == nullptr) general = &key;
    }
  }
  return general;
}

namespace {

// The part of a Backend's spec.tls that a policy would say instead.
void read_check(flow::Reads& reads, World& world, const ObjectKey& key,
                const api::BackendTlsSettings& tls, BackendTls& out) {
  Trust cas;
  if (!tls.ca_certificate_refs.empty())
    cas = read_cas(reads, world, key.name_space, tls.ca_certificate_refs,
                   "spec.tls.caCertificateRefs", out);
  else if (tls.well_known_ca_certificates && world.options.system_cas.empty())
    refuse_system_cas("spec.tls.wellKnownCACertificates", out);
  else if (!tls.well_known_ca_certificates && !tls.insecure_skip_verify)
    out.accepted = Verdict::no("Invalid",
                               "spec.tls: nothing says how its certificate is checked: set "
                               "caCertificateRefs, wellKnownCACertificates or insecureSkipVerify, "
                               "or add a BackendTLSPolicy");
  if (out.accepted.ok && !cas.sds.empty())
    out.accepted = Verdict::no("Invalid",
                               "spec.tls.caCertificateRefs: another SDS server has them: add a "
                               "BackendTLSPolicy, with a URI in subjectAltNames");
  if (!out.resolved_refs.ok) out.accepted = out.resolved_refs;  // all or none: there is one status
  if (!out.accepted.ok) return;
  tls_v3::UpstreamTlsContext context;
  features::write_upstream_tls(tls, context);
  if (!tls.insecure_skip_verify)
    write_cas(cas, world.options.system_cas, *context.mutable_common_tls_context());
  out.by_host = !tls.sni && !tls.auto_sni_from_endpoint_hostname.value_or(false);
  out.checks_host = tls.names_no_server();
  out.cas = std::move(cas.sds);
  out.context = xds::fragment_of(context);
}

// The part that stays whatever a policy says.
void read_config(flow::Reads& reads, World& world, const ObjectKey& key,
                 const api::BackendTlsConfig& tls, BackendTls& out) {
  tls_v3::CommonTlsContext ignored;
  const Problems problems = features::write_tls_settings(tls, "spec.tls", ignored);
  if (!problems.empty())
    out.accepted = Verdict::no("Invalid", problems.front().path + ": " + problems.front().message);
  out.settings = static_cast<const api::TlsSettings&>(tls);
  if (!tls.client_certificate_ref) return;
  const ShownCertificate shown =
      read_shown_certificate(reads, world, {api::kEnvoyGroup, "Backend", key.name_space},
                             "spec.tls.clientCertificateRef", *tls.client_certificate_ref);
  if (!shown.usable.ok && out.accepted.ok) out.accepted = shown.usable;
  out.client_certificate = shown.secret;
}

}  // namespace

std::shared_ptr<const BackendTls> read_own_tls(flow::Reads& reads, World& world,
                                               const ObjectKey& key) {
  const api::Backend* backend = world.backends.get(reads, key);
  if (backend == nullptr || !backend->spec.tls) return nullptr;
  auto result = std::make_shared<BackendTls>();
  const ClusterRef cluster{.kind = api::Kind::kBackend, .object = key};
  if (const ObjectKey* policy = governing_policy(reads, world, cluster)) {
    const BackendTls* theirs = world.backend_tls.get(reads, *policy);
    if (theirs != nullptr) result->context = theirs->context;
  } else {
    read_check(reads, world, key, *backend->spec.tls, *result);
  }
  if (result->accepted.ok) read_config(reads, world, key, *backend->spec.tls, *result);
  if (!result->accepted.ok) result->context = nullptr;
  return result;
}

const BackendTls* tls_of(flow::Reads& reads, World& world, const ClusterRef& cluster) {
  if (!takes_tls(cluster)) return nullptr;
  if (cluster.kind == api::Kind::kBackend) {
    if (const BackendTls* own = world.own_tls.get(reads, cluster.object)) return own;
  }
  const ObjectKey* policy = governing_policy(reads, world, cluster);
  return policy == nullptr ? nullptr : world.backend_tls.get(reads, *policy);
}

bool names_no_server(flow::Reads& reads, World& world, const ClusterRef& cluster) {
  if (cluster.kind != api::Kind::kBackend || !takes_tls(cluster)) return false;
  const BackendTarget* target = world.backend_targets.get(reads, cluster.object);
  return target != nullptr && target->names_no_server &&
         governing_policy(reads, world, cluster) == nullptr;
}

bool takes_tls_somewhere(flow::Reads& reads, World& world, const ClusterRef& cluster) {
  const std::vector members = members_of(cluster);
  return std::any_of(members.begin(), members.end(), [&](const ClusterMember& member) {
    return tls_of(reads, world, member.ref) != nullptr;
  });
}

}  // namespace limen::translate

// Gateway.spec.tls.frontend: how clients' certificates are checked.  GEP-91.  It is per port and
// not per listener, because clients use one connection for several hostnames.
#include <envoy/extensions/transport_sockets/tls/v3/tls.pb.h>
#include <fmt/format.h>

#include <algorithm>

#include "translate/gateway/rules.h"
#include "translate/trust.h"

namespace limen::translate {
namespace {

namespace tls_v3 = envoy::extensions::transport_sockets::tls::v3;
using Mode = api::FrontendValidationMode;

Trust read_reference(flow::Reads& reads, World& world, const ObjectKey& gateway,
                     const api::ObjectReference& ref) {
  const Referrer from{api::kGatewayGroup, "Gateway", gateway.name_space};
  Trust trust = read_referred(reads, world, from, ref, TrustPart::kCas);
  if (trust.verdict.reason == "InvalidKind") trust.verdict.reason = "InvalidCACertificateKind";
  return trust;
}

// The CAs of all references that can be read.
Trust read_cas(flow::Reads& reads, World& world, const ObjectKey& gateway, const std::string& path,
               const api::FrontendTlsValidation& validation, ClientValidation& out) {
  Trust all;
  const auto& refs = validation.ca_certificate_refs;
  for (size_t i = 0; i < refs.size(); ++i) {
    all.add(read_reference(reads, world, gateway, refs[i]));
    if (all.verdict.ok || !out.resolved_refs.ok) continue;
    out.resolved_refs = Verdict::no(
        all.verdict.reason,
        fmt::format("{}.validation.caCertificateRefs[{}]: {}", path, i, all.verdict.message));
  }
  if (all.empty()) out.accepted = Verdict::no("NoValidCACertificate", out.resolved_refs.message);
  return all;
}

// Where insecure, what a client shows is asked for, and let through whatever it is.
FragmentPtr secret_of(const ClientValidation& validation, const std::string& cas) {
  tls_v3::Secret secret;
  secret.set_name(validation.secret.name);
  auto& context = *secret.mutable_validation_context();
  context.mutable_trusted_ca()->set_inline_bytes(cas);
  if (validation.insecure)
    context.set_trust_chain_verification(tls_v3::CertificateValidationContext::ACCEPT_UNTRUSTED);
  return xds::fragment_of(secret);
}

void add(flow::Reads& reads, World& world, const ObjectKey& gateway, int32_t port,
         const std::string& path, const api::TlsConfig& config, FrontendTls& out) {
  ClientValidation validation;
  validation.port = port;
  FragmentPtr secret;
  if (config.validation) {
    validation.insecure = config.validation->mode == Mode::kAllowInsecureFallback;
    Trust cas = read_cas(reads, world, gateway, path, *config.validation, validation);
    if (!cas.sds.empty()) {
      validation.secret = std::move(cas.sds);
    } else if (validation.accepted.ok) {
      validation.secret.name =
          gateway.text() + "/client-ca" + (port == 0 ? "" : "/" + std::to_string(port));
      secret = secret_of(validation, cas.pem);
    }
  }
  out.validations.push_back(std::move(validation));
  out.secrets.push_back(std::move(secret));
}

}  // namespace

std::shared_ptr<const FrontendTls> read_frontend_tls(flow::Reads& reads, World& world,
                                                     const ObjectKey& key) {
  const api::Gateway* gateway = world.gateway_objects.get(reads, key);
  if (gateway == nullptr || !gateway->spec.tls || !gateway->spec.tls->frontend) return nullptr;
  const api::FrontendTlsConfig& config = *gateway->spec.tls->frontend;
  auto result = std::make_shared<FrontendTls>();
  add(reads, world, key, 0, "spec.tls.frontend.default", config.default_config, *result);
  for (size_t i = 0; i < config.per_port.size(); ++i) {
    add(reads, world, key, config.per_port[i].port,
        fmt::format("spec.tls.frontend.perPort[{}].tls", i), config.per_port[i].tls, *result);
  }
  return result;
}

void check_clients(const std::vector<ClientValidation>& validations, ListenerModel& listener) {
  if (validations.empty() || listener.protocol != Protocol::kHttps) return;
  const auto of_port =
      std::find_if(validations.begin(), validations.end(),
                   [&](const ClientValidation& it) { return it.port == listener.port; });
  const ClientValidation& validation =
      of_port == validations.end() ? validations.front() : *of_port;
  listener.client_ca = validation.secret;
  listener.insecure_clients = validation.insecure;
  if (listener.accepted.ok) listener.accepted = validation.accepted;
  if (listener.resolved_refs.ok) listener.resolved_refs = validation.resolved_refs;
}

std::shared_ptr<const xds::Fragment> client_ca_of(flow::Reads& reads, World& world,
                                                  const ObjectKey& gateway,
                                                  std::string_view secret) {
  const FrontendTls* tls = world.frontend_tls.get(reads, gateway);
  if (tls == nullptr) return nullptr;
  for (size_t i = 0; i < tls->validations.size(); ++i) {
    if (tls->validations[i].secret.name == secret) return tls->secrets[i];
  }
  return nullptr;
}

}  // namespace limen::translate

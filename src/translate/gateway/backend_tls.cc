// What Gateways and EnvoyProxies say of TLS with backends.
#include <envoy/extensions/transport_sockets/tls/v3/tls.pb.h>
#include <fmt/format.h>

#include "features/tls.h"
#include "translate/gateway/rules.h"

namespace limen::translate {
namespace {

constexpr char kField[] = "spec.backendTLS";

ClientCertificate default_certificate(flow::Reads& reads, World& world, const ObjectKey& owner,
                                      const api::SecretObjectReference& ref) {
  const std::string path =
      fmt::format("EnvoyProxy {}: {}.clientCertificateRef", owner.text(), kField);
  if (ref.name_space && owner.name_space != *ref.name_space)
    return {{},
            Verdict::no("InvalidClientCertificateRef",
                        path + ": the Secret must be in the namespace of the EnvoyProxy"),
            {}};
  ShownCertificate shown = read_shown_certificate(
      reads, world, {api::kEnvoyGroup, "EnvoyProxy", owner.name_space}, path, ref);
  return {{}, std::move(shown.usable), std::move(shown.secret)};
}

void read_defaults(flow::Reads& reads, World& world, const ObjectKey& owner,
                   const api::BackendTlsConfig& config, ProxyTls& out) {
  envoy::extensions::transport_sockets::tls::v3::CommonTlsContext ignored;
  const Problems problems = features::write_tls_settings(config, kField, ignored);
  if (!problems.empty())
    out.usable = Verdict::no("InvalidParameters",
                             fmt::format("EnvoyProxy {}: {}: {}", owner.text(),
                                         problems.front().path, problems.front().message));
  out.settings = static_cast<const api::TlsSettings&>(config);
  if (config.client_certificate_ref)
    out.client_certificate =
        default_certificate(reads, world, owner, *config.client_certificate_ref);
}

}  // namespace

ProxyTls read_proxy_tls(flow::Reads& reads, World& world, const api::Gateway& gateway,
                        const GatewayModel& model) {
  ProxyTls tls;
  if (model.settings != nullptr && model.settings->backend_tls)
    read_defaults(reads, world, model.envoy_proxy, *model.settings->backend_tls, tls);
  const auto& own = gateway.spec.tls;
  if (!own || !own->backend || !own->backend->client_certificate_ref) return tls;
  ShownCertificate shown = read_shown_certificate(
      reads, world, {api::kGatewayGroup, "Gateway", model.key.name_space},
      "spec.tls.backend.clientCertificateRef", *own->backend->client_certificate_ref);
  tls.client_certificate = {model.key, std::move(shown.usable), std::move(shown.secret)};
  return tls;
}

std::shared_ptr<const ProxyTls> tls_of_proxy(flow::Reads& reads, World& world,
                                             const std::string& proxy) {
  const ProxyModel* model = world.proxies.get(reads, proxy);
  if (model == nullptr || model->backend_tls == ProxyTls()) return nullptr;
  return std::make_shared<const ProxyTls>(model->backend_tls);
}

}  // namespace limen::translate

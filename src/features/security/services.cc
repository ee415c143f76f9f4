#include <fmt/format.h>

#include "features/cluster_settings.h"
#include "features/security.h"

namespace limen::features {

std::vector<std::string> fields_without_effect(const api::SecurityPolicySpec& spec) {
  std::vector<std::string> fields;
  const auto add = [&](const std::string& path, const api::BackendCluster& service, Caller caller) {
    if (!service.backend_settings) return;
    for (const std::string& field : fields_without_effect(*service.backend_settings, caller))
      fields.push_back(path + ".backendSettings." + field);
  };
  if (spec.jwt) {
    const auto& providers = spec.jwt->providers;
    for (size_t i = 0; i < providers.size(); ++i) {
      if (providers[i].remote_jwks)
        add(fmt::format("spec.jwt.providers[{}].remoteJWKS", i), *providers[i].remote_jwks,
            Caller::kJwks);
    }
  }
  if (spec.oidc) add("spec.oidc.provider", spec.oidc->provider, Caller::kTokens);
  if (spec.ext_auth && spec.ext_auth->grpc)
    add("spec.extAuth.grpc", *spec.ext_auth->grpc, Caller::kExtAuth);
  if (spec.ext_auth && spec.ext_auth->http)
    add("spec.extAuth.http", *spec.ext_auth->http, Caller::kExtAuth);
  return fields;
}

}  // namespace limen::features

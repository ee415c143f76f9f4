#include <envoy/extensions/filters/http/credential_injector/v3/credential_injector.pb.h>
#include <envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager.pb.h>
#include <envoy/extensions/http/injected_credentials/generic/v3/generic.pb.h>
#include <envoy/extensions/http/injected_credentials/oauth2/v3/oauth2.pb.h>
#include <envoy/extensions/transport_sockets/tls/v3/secret.pb.h>

#include "features/features.h"
#include "features/sds.h"

namespace limen::features {
namespace {

namespace credentials_v3 = envoy::extensions::http::injected_credentials;

constexpr int kTokenTimeoutSeconds = 10;

credentials_v3::generic::v3::Generic given(const std::string& header, const std::string& secret) {
  credentials_v3::generic::v3::Generic out;
  out.set_header(header);
  write_sds(secret, *out.mutable_credential());
  return out;
}

credentials_v3::oauth2::v3::OAuth2 obtained(const api::ClientCredentials& grant,
                                            const std::string& secret, const std::string& cluster) {
  credentials_v3::oauth2::v3::OAuth2 out;
  auto& endpoint = *out.mutable_token_endpoint();
  endpoint.set_uri(grant.token_endpoint);
  endpoint.set_cluster(cluster);
  endpoint.mutable_timeout()->set_seconds(kTokenTimeoutSeconds);
  for (const std::string& scope : grant.scopes) out.add_scopes(scope);
  auto& client = *out.mutable_client_credentials();
  client.set_client_id(grant.client_id);
  write_sds(secret, *client.mutable_client_secret());
  return out;
}

}  // namespace

void write_credential(
    const api::CredentialInjection& injection, const std::string& secret,
    const std::string& cluster,
    envoy::extensions::filters::network::http_connection_manager::v3::HttpFilter& out) {
  envoy::extensions::filters::http::credential_injector::v3::CredentialInjector filter;
  filter.set_overwrite(injection.overwrite);
  auto& credential = *filter.mutable_credential();
  if (const auto& grant = injection.credential.client_credentials) {
    credential.set_name("envoy.http.injected_credentials.oauth2");
    credential.mutable_typed_config()->PackFrom(obtained(*grant, secret, cluster));
  } else {
    credential.set_name("envoy.http.injected_credentials.generic");
    credential.mutable_typed_config()->PackFrom(given(injection.header, secret));
  }
  out.set_name("envoy.filters.http.credential_injector");
  out.mutable_typed_config()->PackFrom(filter);
}

}  // namespace limen::features

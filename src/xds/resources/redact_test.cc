// No secret is in what `limen translate` prints, however deep it stands.
#include "xds/resources/redact.h"

#include <envoy/config/core/v3/extension.pb.h>
#include <envoy/config/route/v3/route.pb.h>
#include <envoy/extensions/common/matching/v3/extension_matcher.pb.h>
#include <envoy/extensions/filters/http/api_key_auth/v3/api_key_auth.pb.h>
#include <envoy/extensions/filters/http/basic_auth/v3/basic_auth.pb.h>
#include <envoy/extensions/filters/http/composite/v3/composite.pb.h>
#include <envoy/extensions/filters/http/jwt_authn/v3/config.pb.h>
#include <envoy/extensions/transport_sockets/tls/v3/tls.pb.h>
#include <gtest/gtest.h>

#include "base/yaml.h"
#include "xds/resources/resource_json.h"

namespace limen::xds {
namespace {

namespace tls_v3 = envoy::extensions::transport_sockets::tls::v3;

// In typed_per_filter_config of a virtual host, as a filter that a composite filter runs.
template <class Filter>
envoy::config::route::v3::RouteConfiguration within(const Filter& filter) {
  envoy::extensions::filters::http::composite::v3::ExecuteFilterAction action;
  action.mutable_typed_config()->mutable_typed_config()->PackFrom(filter);
  envoy::extensions::common::matching::v3::ExtensionWithMatcherPerRoute entry;
  auto* run = entry.mutable_xds_matcher()->mutable_on_no_match()->mutable_action();
  run->mutable_typed_config()->PackFrom(action);
  envoy::config::route::v3::RouteConfiguration configuration;
  auto& host = *configuration.add_virtual_hosts();
  (*host.mutable_typed_per_filter_config())["f"].PackFrom(entry);
  return configuration;
}

std::string shown(ResourceType type, const google::protobuf::Message& message, bool secrets) {
  const Result<Json> json = to_json(type, *fragment_of(message), secrets);
  EXPECT_TRUE(json) << "not printable";
  return json ? to_yaml(*json) : std::string();
}

TEST(Redact, HidesCredentialsInsideOfRoutes) {
  envoy::extensions::filters::http::api_key_auth::v3::ApiKeyAuth keys;
  auto* credential = keys.add_credentials();
  credential->set_client("the-client");
  credential->set_key("the-key");
  const std::string text = shown(ResourceType::kRouteConfiguration, within(keys), false);
  EXPECT_EQ(text.find("the-key"), std::string::npos) << text;
  EXPECT_NE(text.find("the-client"), std::string::npos) << text;
  EXPECT_NE(text.find("[redacted]"), std::string::npos) << text;
  EXPECT_NE(shown(ResourceType::kRouteConfiguration, within(keys), true).find("the-key"),
            std::string::npos);

  envoy::extensions::filters::http::basic_auth::v3::BasicAuth users;
  users.mutable_users()->set_inline_bytes("ann:{SHA}hash");
  const std::string hidden = shown(ResourceType::kRouteConfiguration, within(users), false);
  EXPECT_NE(hidden.find("[redacted]"), std::string::npos) << hidden;
  EXPECT_EQ(hidden.find("inline_bytes"), std::string::npos) << hidden;
}

TEST(Redact, HidesKeysOfTokens) {
  envoy::extensions::filters::http::jwt_authn::v3::JwtAuthentication filter;
  auto& provider = (*filter.mutable_providers())["idp"];
  provider.set_issuer("the-issuer");
  provider.mutable_local_jwks()->set_inline_string("the-keys");
  envoy::config::core::v3::TypedExtensionConfig config;
  config.mutable_typed_config()->PackFrom(filter);
  const std::string text = shown(ResourceType::kExtensionConfig, config, false);
  EXPECT_EQ(text.find("the-keys"), std::string::npos) << text;
  EXPECT_NE(text.find("the-issuer"), std::string::npos) << text;
}

TEST(Redact, HidesSecretsButNoCertificates) {
  tls_v3::Secret secret;
  secret.mutable_tls_certificate()->mutable_certificate_chain()->set_inline_string("chain");
  secret.mutable_tls_certificate()->mutable_private_key()->set_inline_string("private");
  const std::string text = shown(ResourceType::kSecret, secret, false);
  EXPECT_EQ(text.find("private\n"), std::string::npos) << text;
  EXPECT_NE(text.find("chain"), std::string::npos) << text;
  secret.mutable_generic_secret()->mutable_secret()->set_inline_string("password");
  EXPECT_EQ(shown(ResourceType::kSecret, secret, false).find("password"), std::string::npos);
}

}  // namespace
}  // namespace limen::xds

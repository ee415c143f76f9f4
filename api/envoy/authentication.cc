#include "api/envoy/tables.h"

namespace limen::api {

using schema::each;
using schema::items;
using schema::length;
using schema::object;
using schema::one_of;
using schema::pattern;
using schema::required;
using schema::unique_by;

const Schema& schema_of(const ExtractFrom*) {
  static const Schema schema =
      object<ExtractFrom>("ExtractFrom", "Where a key is looked for.")
          .field<&ExtractFrom::headers>("headers", "Headers.",
                                        each(length(1, 256), pattern(kTokenPattern)))
          .field<&ExtractFrom::params>("params", "Query parameters.", each(length(1, 1024)))
          .field<&ExtractFrom::cookies>("cookies", "Cookies.",
                                        each(length(1, 256), pattern(kTokenPattern)))
          .rule("[has(self.headers), has(self.params), has(self.cookies)].filter(x, x).size() == 1",
                "set exactly one of headers, params and cookies");
  return schema;
}

const Schema& schema_of(const ApiKeyAuth*) {
  static const Schema schema =
      object<ApiKeyAuth>("APIKeyAuth", "Clients show a key.")
          .field<&ApiKeyAuth::credential_refs>(
              "credentialRefs",
              "Secrets; each key of one is a client, its value that client's key.", required(),
              items(1, 256))
          .field<&ApiKeyAuth::extract_from>("extractFrom", "Where the key is looked for.",
                                            required(), items(1, 16))
          .field<&ApiKeyAuth::forward_client_id_header>(
              "forwardClientIDHeader", "Header in which the backend gets the client's name.",
              length(1, 256), pattern(kTokenPattern))
          .field<&ApiKeyAuth::sanitize>("sanitize", "Whether the key is kept from the backend.");
  return schema;
}

const Schema& schema_of(const BasicAuth*) {
  static const Schema schema =
      object<BasicAuth>("BasicAuth", "Clients show a user name and password. RFC 7617.")
          .field<&BasicAuth::users>("users", "Secret with key .htpasswd, hashes of type {SHA}.",
                                    required())
          .field<&BasicAuth::forward_username_header>(
              "forwardUsernameHeader", "Header in which the backend gets the user's name.",
              length(1, 256), pattern(kTokenPattern));
  return schema;
}

const Schema& schema_of(const RemoteJwks*) {
  static const Schema schema =
      object<RemoteJwks>("RemoteJWKS", "Keys that are fetched.")
          .base<BackendCluster>("The service; where unset, what the URI names.")
          .field<&RemoteJwks::uri>("uri", "Where they are.", required(), length(1, 253))
          .field<&RemoteJwks::cache_duration>("cacheDuration", "How long they are kept.")
          .field<&RemoteJwks::failed_refetch_duration>("failedRefetchDuration",
                                                       "How long to wait after a failure.")
          .rule("!has(self.backendRef)", "remoteJWKS: use backendRefs, not backendRef")
          .rule(
              "!has(self.backendSettings) || !has(self.backendSettings.retry) || !has(self.backendSettings.retry.perRetry) || !has(self.backendSettings.retry.perRetry.timeout)",
              "remoteJWKS: backendSettings.retry.perRetry.timeout is not supported")
          .rule(
              "!has(self.backendSettings) || !has(self.backendSettings.retry) || !has(self.backendSettings.retry.retryOn) || !has(self.backendSettings.retry.retryOn.httpStatusCodes)",
              "remoteJWKS: backendSettings.retry.retryOn.httpStatusCodes is not supported");
  return schema;
}

const Schema& schema_of(const LocalJwks*) {
  static const Schema schema =
      object<LocalJwks>("LocalJWKS", "Keys that are given.")
          .field<&LocalJwks::type>("type", "Inline or ValueRef.")
          .field<&LocalJwks::inline_text>("inline", "A JSON Web Key Set.")
          .field<&LocalJwks::value_ref>("valueRef", "ConfigMap with one, under key jwks.")
          .rule(
              "(!has(self.type) || self.type == 'Inline') ? has(self.inline) && !has(self.valueRef) : has(self.valueRef) && !has(self.inline)",
              "set inline where type is Inline, and valueRef where it is ValueRef");
  return schema;
}

const Schema& schema_of(const ClaimToHeader*) {
  static const Schema schema =
      object<ClaimToHeader>("ClaimToHeader", "A claim that the backend gets.")
          .field<&ClaimToHeader::header>("header", "In which header.", required(), length(1, 256),
                                         pattern(kTokenPattern))
          .field<&ClaimToHeader::claim>("claim", "Which; a path with dots.", required());
  return schema;
}

const Schema& schema_of(const JwtHeaderExtractor*) {
  static const Schema schema =
      object<JwtHeaderExtractor>("JWTHeaderExtractor", "A header that holds a token.")
          .field<&JwtHeaderExtractor::name>("name", "The header.", required())
          .field<&JwtHeaderExtractor::value_prefix>("valuePrefix", "What comes before the token.");
  return schema;
}

const Schema& schema_of(const JwtExtractor*) {
  static const Schema schema = object<JwtExtractor>("JWTExtractor", "Where a token is looked for.")
                                   .field<&JwtExtractor::headers>("headers", "Headers.")
                                   .field<&JwtExtractor::cookies>("cookies", "Cookies.")
                                   .field<&JwtExtractor::params>("params", "Query parameters.");
  return schema;
}

const Schema& schema_of(const JwtProvider*) {
  static const Schema schema =
      object<JwtProvider>("JWTProvider", "Whose tokens are taken.")
          .field<&JwtProvider::name>("name", "A name for it.", required(), length(1, 253))
          .field<&JwtProvider::issuer>("issuer", "Claim iss that tokens must have.", length(0, 253))
          .field<&JwtProvider::audiences>("audiences", "Claim aud must be one of these.",
                                          items(0, 8))
          .field<&JwtProvider::remote_jwks>("remoteJWKS", "Its keys, fetched.")
          .field<&JwtProvider::local_jwks>("localJWKS", "Its keys, given.")
          .field<&JwtProvider::claim_to_headers>("claimToHeaders", "Claims that the backend gets.")
          .field<&JwtProvider::recompute_route>("recomputeRoute",
                                                "Whether those headers may choose another route.")
          .field<&JwtProvider::extract_from>("extractFrom", "Where a token is looked for.")
          .rule("has(self.remoteJWKS) != has(self.localJWKS)",
                "set exactly one of remoteJWKS and localJWKS")
          .rule(
              "!(has(self.recomputeRoute) && self.recomputeRoute) || (has(self.claimToHeaders) && size(self.claimToHeaders) > 0)",
              "recomputeRoute needs claimToHeaders");
  return schema;
}

const Schema& schema_of(const Jwt*) {
  static const Schema schema =
      object<Jwt>("JWT", "Clients show a JSON Web Token. RFC 7519.")
          .field<&Jwt::optional>("optional", "Whether requests without a token pass.")
          .field<&Jwt::fail_open>("failOpen", "Whether those with a wrong one pass, too.")
          .field<&Jwt::providers>("providers", "Whose tokens are taken.", required(), items(1, 16),
                                  unique_by({"name"}))
          .rule("!((has(self.optional) && self.optional) && (has(self.failOpen) && self.failOpen))",
                "set only one of optional and failOpen");
  return schema;
}

const Schema& schema_of(const OidcProvider*) {
  static const Schema schema =
      object<OidcProvider>("OIDCProvider", "Who logs users in.")
          .base<BackendCluster>("The service; where unset, what the endpoints name.")
          .field<&OidcProvider::issuer>("issuer", "Its URL.", required(), length(1, 253))
          .field<&OidcProvider::authorization_endpoint>("authorizationEndpoint",
                                                        "Where unset, as it says itself.")
          .field<&OidcProvider::token_endpoint>("tokenEndpoint", "Where unset, as it says itself.")
          .field<&OidcProvider::end_session_endpoint>("endSessionEndpoint",
                                                      "Where unset, as it says itself.")
          .rule("!has(self.backendRef)", "provider: use backendRefs, not backendRef");
  return schema;
}

const Schema& schema_of(const OidcCookieNames*) {
  static const Schema schema =
      object<OidcCookieNames>("OIDCCookieNames", "Names of cookies.")
          .field<&OidcCookieNames::access_token>("accessToken", "Of the access token's.")
          .field<&OidcCookieNames::id_token>("idToken", "Of the ID token's.");
  return schema;
}

const Schema& schema_of(const OidcCookieConfig*) {
  static const Schema schema =
      object<OidcCookieConfig>("OIDCCookieConfig", "Attributes of cookies.")
          .field<&OidcCookieConfig::same_site>("sameSite", "SameSite.",
                                               one_of({"Lax", "Strict", "None"}));
  return schema;
}

const Schema& schema_of(const OidcDenyRedirectHeader*) {
  static const Schema schema =
      object<OidcDenyRedirectHeader>("OIDCDenyRedirectHeader", "A header.")
          .field<&OidcDenyRedirectHeader::name>("name", "The header.", required(), length(1, 253))
          .base<StringMatch>("What it must be.");
  return schema;
}

const Schema& schema_of(const OidcDenyRedirect*) {
  static const Schema schema =
      object<OidcDenyRedirect>("OIDCDenyRedirect", "Requests that get 401 and no redirect.")
          .field<&OidcDenyRedirect::headers>("headers", "Those with one of these headers.",
                                             required(), items(1, 16));
  return schema;
}

const Schema& schema_of(const OidcForwardIdToken*) {
  static const Schema schema =
      object<OidcForwardIdToken>("OIDCForwardIDToken", "Gives the backend the ID token.")
          .field<&OidcForwardIdToken::header>("header", "In which header.", required(),
                                              length(1, 256), pattern(kTokenPattern))
          .rule("self.header.lowerAscii() != 'host'", "header must not be Host");
  return schema;
}

namespace {

using OidcTable = schema::object<Oidc>;

OidcTable&& session_fields(OidcTable&& table) {
  return std::move(table)
      .field<&Oidc::cookie_names>("cookieNames", "Names of cookies.")
      .field<&Oidc::cookie_config>("cookieConfig", "Attributes of cookies.")
      .field<&Oidc::cookie_domain>("cookieDomain", "Domain of cookies.", length(1, 253),
                                   pattern(kExactHostnamePattern))
      .field<&Oidc::default_token_ttl>("defaultTokenTTL",
                                       "How long a token is good that does not say so.")
      .field<&Oidc::refresh_token>("refreshToken", "Whether tokens are renewed.")
      .field<&Oidc::default_refresh_token_ttl>("defaultRefreshTokenTTL",
                                               "The same for the token that renews others.")
      .field<&Oidc::csrf_token_ttl>("csrfTokenTTL", "How long a login may take.")
      .field<&Oidc::disable_token_encryption>("disableTokenEncryption",
                                              "Whether cookies hold tokens as they are.");
}

}  // namespace

const Schema& schema_of(const Oidc*) {
  static const Schema schema =
      session_fields(
          OidcTable("OIDC", "Users log in with OpenID Connect.")
              .field<&Oidc::provider>("provider", "Who logs them in.", required())
              .field<&Oidc::client_id>("clientID", "The name of this client.", length(1, 1024))
              .field<&Oidc::client_id_ref>("clientIDRef", "Secret with it, under key client-id.")
              .field<&Oidc::client_secret>(
                  "clientSecret", "Secret with the client's secret, under key client-secret.",
                  required())
              .field<&Oidc::scopes>("scopes", "Scopes to ask for, besides openid.")
              .field<&Oidc::resources>("resources", "Resources to ask for. RFC 8707.")
              .field<&Oidc::redirect_url>("redirectURL", "Where the provider sends users back to.")
              .field<&Oidc::deny_redirect>("denyRedirect", "Requests that get 401 instead.")
              .field<&Oidc::logout_path>("logoutPath", "Path that ends a session.")
              .field<&Oidc::forward_access_token>("forwardAccessToken",
                                                  "Gives the backend the access token.")
              .field<&Oidc::forward_id_token>("forwardIDToken", "Gives the backend the ID token.")
              .field<&Oidc::pass_through_auth_header>("passThroughAuthHeader",
                                                      "Whether requests that bring a token pass."))
          .rule("has(self.clientID) != has(self.clientIDRef)",
                "set exactly one of clientID and clientIDRef")
          .rule(
              "!(has(self.forwardAccessToken) && self.forwardAccessToken && has(self.forwardIDToken) && self.forwardIDToken.header.lowerAscii() == 'authorization')",
              "forwardAccessToken needs the Authorization header, which forwardIDToken takes");
  return schema;
}

}  // namespace limen::api

// Logins by OpenID Connect: Envoy's oauth2 filter, whole in each entry of typed_per_filter_config.
// Not its own OAuth2PerRoute: that cannot say "nothing" (see filters.cc).  Defaults are Envoy
// Gateway's.
#include <absl/strings/ascii.h>
#include <absl/strings/match.h>
#include <absl/strings/strip.h>
#include <envoy/extensions/filters/http/oauth2/v3/oauth.pb.h>
#include <fmt/format.h>
#include <google/protobuf/util/time_util.h>
#include <re2/re2.h>

#include <algorithm>

#include "features/cluster_settings.h"
#include "features/sds.h"
#include "features/security.h"
#include "features/slot.h"

namespace limen::features {
namespace {

namespace oauth2_v3 = envoy::extensions::filters::http::oauth2::v3;
using Cookie = oauth2_v3::CookieConfig;
using Headers = google::protobuf::RepeatedPtrField<envoy::config::route::v3::HeaderMatcher>;

constexpr char kRedirectUrl[] = "%REQ(x-forwarded-proto)%://%REQ(:authority)%/oauth2/callback";
constexpr char kProto[] = "%REQ(x-forwarded-proto)%";
constexpr char kAuthority[] = "%REQ(:authority)%";
constexpr char kLogoutPath[] = "/logout";
constexpr char kOpenId[] = "openid";
constexpr api::Duration kTokenTimeout = {std::chrono::seconds(10)};
constexpr std::chrono::minutes kLoginTime{10};

// Visible ASCII but what Envoy's formatter or a browser would take for something else.
bool is_plain(absl::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return absl::ascii_isgraph(static_cast<unsigned char>(c)) &&
           !absl::StrContains("%\"<>\\^`{|}#?", c);
  });
}

bool is_path(absl::string_view path) {
  return path.size() > 1 && path.front() == '/' && is_plain(path);
}

// The path of a redirectURL; "": it is none.
std::string callback_path(absl::string_view url) {
  if (!absl::ConsumePrefix(&url, kProto) && !absl::ConsumePrefix(&url, "https") &&
      !absl::ConsumePrefix(&url, "http"))
    return {};
  if (!absl::ConsumePrefix(&url, "://")) return {};
  if (!absl::ConsumePrefix(&url, kAuthority)) {
    const absl::string_view host = url.substr(0, url.find('/'));
    if (!is_plain(host)) return {};
    url.remove_prefix(host.size());
  }
  return is_path(url) ? std::string(url) : std::string();
}

bool is_token(const std::string& name) {
  static const RE2 kToken("[!#$%&'*+.^_`|~0-9A-Za-z-]+");
  return RE2::FullMatch(name, kToken);
}

google::protobuf::Duration duration_of(std::chrono::milliseconds value) {
  return google::protobuf::util::TimeUtil::MillisecondsToDuration(value.count());
}

class Writer {
 public:
  Writer(const api::Oidc& oidc, const OidcParts& parts) : oidc_(oidc), parts_(parts) {}

  void write(oauth2_v3::OAuth2Config& out) {
    write_endpoints(out);
    write_credentials(*out.mutable_credentials());
    write_paths(out);
    write_scopes(out);
    write_forwarding(out);
    write_denied(*out.mutable_deny_redirect_matcher());
    write_lives(out);
    write_cookies(*out.mutable_cookie_configs());
    out.set_disable_token_encryption(oidc_.disable_token_encryption);
  }

  Problems take_problems() { return std::move(problems_); }

 private:
  void fail(const std::string& path, const std::string& message) {
    problems_.push_back({"Invalid", "spec.oidc." + path, message});
  }

  void write_endpoints(oauth2_v3::OAuth2Config& out) {
    out.set_auth_type(oauth2_v3::OAuth2Config::BASIC_AUTH);
    out.set_authorization_endpoint(parts_.authorization_endpoint);
    if (!parts_.end_session_endpoint.empty())
      out.set_end_session_endpoint(parts_.end_session_endpoint);
    auto& token = *out.mutable_token_endpoint();
    token.set_uri(parts_.token_endpoint);
    token.set_cluster(parts_.cluster);
    const api::Duration longest = request_timeout(oidc_.provider).value_or(kTokenTimeout);
    *token.mutable_timeout() = duration_of(longest.value);
    const auto& settings = oidc_.provider.backend_settings;
    if (!settings || !settings->retry) return;
    for (const Problem& problem :
         write_retry(*settings->retry, Caller::kTokens, *out.mutable_retry_policy()))
      fail("provider.backendSettings" + problem.path, problem.message);
  }

  void write_credentials(oauth2_v3::OAuth2Credentials& out) {
    out.set_client_id(parts_.client_id);
    write_sds(parts_.client_secret, *out.mutable_token_secret());
    write_sds(parts_.cookie_key, *out.mutable_hmac_secret());
    if (oidc_.cookie_domain) out.set_cookie_domain(*oidc_.cookie_domain);
    const auto named = [&](const char* name) { return name + parts_.cookie_suffix; };
    auto& names = *out.mutable_cookie_names();
    names.set_bearer_token(named("AccessToken-"));
    names.set_id_token(named("IdToken-"));
    names.set_refresh_token(named("RefreshToken-"));
    names.set_oauth_hmac(named("OauthHMAC-"));
    names.set_oauth_expires(named("OauthExpires-"));
    names.set_oauth_nonce(named("OauthNonce-"));
    names.set_code_verifier(named("CodeVerifier-"));
    if (!oidc_.cookie_names) return;
    if (oidc_.cookie_names->access_token) names.set_bearer_token(*oidc_.cookie_names->access_token);
    if (oidc_.cookie_names->id_token) names.set_id_token(*oidc_.cookie_names->id_token);
    check_names(names.bearer_token(), names.id_token());
  }

  void check_names(const std::string& access, const std::string& id) {
    if (!is_token(access)) fail("cookieNames.accessToken", "is no name of a cookie");
    if (!is_token(id)) fail("cookieNames.idToken", "is no name of a cookie");
    if (access == id) fail("cookieNames.idToken", "is the access token's name, too");
  }

  void write_paths(oauth2_v3::OAuth2Config& out) {
    const std::string redirect = oidc_.redirect_url.value_or(kRedirectUrl);
    const std::string callback = callback_path(redirect);
    const std::string logout = oidc_.logout_path.value_or(kLogoutPath);
    if (callback.empty())
      fail(
          "redirectURL",
          fmt::format("is not <scheme>://<host>/<path>, without a query; the scheme may be {}, the "
                      "host {}",
                      kProto, kAuthority));
    if (!is_path(logout)) fail("logoutPath", "is not a path such as /logout");
    if (callback == logout) fail("logoutPath", "is the path of redirectURL, too");
    out.set_redirect_uri(redirect);
    out.mutable_redirect_path_matcher()->mutable_path()->set_exact(callback);
    out.mutable_signout_path()->mutable_path()->set_exact(logout);
  }

  void write_scopes(oauth2_v3::OAuth2Config& out) {
    const auto& scopes = oidc_.scopes;
    if (std::find(scopes.begin(), scopes.end(), kOpenId) == scopes.end())
      out.add_auth_scopes(kOpenId);
    for (const std::string& scope : scopes) out.add_auth_scopes(scope);
    for (const std::string& resource : oidc_.resources) out.add_resources(resource);
  }

  void write_forwarding(oauth2_v3::OAuth2Config& out) {
    out.set_forward_bearer_token(oidc_.forward_access_token);
    if (oidc_.forward_id_token)
      out.mutable_forward_id_token()->set_header(oidc_.forward_id_token->header);
    if (oidc_.pass_through_auth_header) write_pass_through(*out.mutable_pass_through_matcher());
  }

  // Who passes here must be checked by what comes next.
  void write_pass_through(Headers& out) {
    if (parts_.jwt == nullptr || parts_.jwt->fail_open)
      return fail(
          "passThroughAuthHeader",
          "needs spec.jwt without failOpen: nothing else checks the token of such a request");
    for (const api::JwtProvider& provider : parts_.jwt->providers) {
      if (!provider.extract_from) add_token_header("Authorization", "Bearer ", out);
      if (!provider.extract_from) continue;
      for (const api::JwtHeaderExtractor& header : provider.extract_from->headers)
        add_token_header(header.name, header.value_prefix.value_or(""), out);
    }
  }

  static void add_token_header(const std::string& name, const std::string& prefix, Headers& out) {
    auto& header = *out.Add();
    header.set_name(name);
    if (prefix.empty())
      header.set_present_match(true);
    else
      header.mutable_string_match()->set_prefix(prefix);
  }

  void write_denied(Headers& out) {
    if (!oidc_.deny_redirect) return;
    size_t index = 0;
    for (const api::OidcDenyRedirectHeader& header : oidc_.deny_redirect->headers) {
      auto& matcher = *out.Add();
      matcher.set_name(header.name);
      write_match(header, fmt::format("denyRedirect.headers[{}].value", index++),
                  *matcher.mutable_string_match());
    }
  }

  void write_match(const api::StringMatch& match, const std::string& path,
                   envoy::type::matcher::v3::StringMatcher& out) {
    switch (match.type) {
      case api::StringMatchType::kExact: return out.set_exact(match.value);
      case api::StringMatchType::kPrefix: out.set_prefix(match.value); break;
      case api::StringMatchType::kSuffix: out.set_suffix(match.value); break;
      case api::StringMatchType::kRegularExpression:
        out.mutable_safe_regex()->set_regex(match.value);
        RE2::Options quiet;
        quiet.set_log_errors(false);
        if (const RE2 regex(match.value, quiet); !regex.ok())
          fail(path, "is no RE2 regular expression: " + regex.error());
        return;
    }
    if (match.value.empty()) fail(path, "is empty");
  }

  void write_lives(oauth2_v3::OAuth2Config& out) {
    out.mutable_use_refresh_token()->set_value(oidc_.refresh_token);
    if (oidc_.default_token_ttl)
      *out.mutable_default_expires_in() = duration_of(oidc_.default_token_ttl->value);
    if (oidc_.default_refresh_token_ttl)
      *out.mutable_default_refresh_token_expires_in() =
          duration_of(oidc_.default_refresh_token_ttl->value);
    const auto login = duration_of(oidc_.csrf_token_ttl ? oidc_.csrf_token_ttl->value : kLoginTime);
    *out.mutable_csrf_token_expires_in() = login;
    *out.mutable_code_verifier_token_expires_in() = login;
  }

  // The two of a login under way come back with a redirect from the provider's site, where a
  // browser would not send them if they were Strict.
  void write_cookies(oauth2_v3::CookieConfigs& out) {
    const std::string same_site =
        oidc_.cookie_config ? oidc_.cookie_config->same_site.value_or("") : "";
    const Cookie::SameSite session = same_site == "Lax"      ? Cookie::LAX
                                     : same_site == "Strict" ? Cookie::STRICT
                                     : same_site == "None"   ? Cookie::NONE
                                                             : Cookie::DISABLED;
    for (Cookie* cookie :
         {out.mutable_bearer_token_cookie_config(), out.mutable_oauth_hmac_cookie_config(),
          out.mutable_oauth_expires_cookie_config(), out.mutable_id_token_cookie_config(),
          out.mutable_refresh_token_cookie_config()})
      cookie->set_same_site(session);
    const Cookie::SameSite login = session == Cookie::NONE ? Cookie::NONE : Cookie::LAX;
    out.mutable_oauth_nonce_cookie_config()->set_same_site(login);
    out.mutable_code_verifier_cookie_config()->set_same_site(login);
  }

  const api::Oidc& oidc_;
  const OidcParts& parts_;
  Problems problems_;
};

}  // namespace

Problems write_oidc(const api::Oidc& oidc, const OidcParts& parts, FilterConfigs& out) {
  oauth2_v3::OAuth2 filter;
  Writer writer(oidc, parts);
  writer.write(*filter.mutable_config());
  out[kOidc] = run_filter(kOidc, filter);
  return writer.take_problems();
}

}  // namespace limen::features

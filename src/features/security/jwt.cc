// Tokens of a SecurityPolicy in Envoy's jwt_authn.  All policies of a listener share its filter, of
// which a route says only which requirement is its own.
#include "features/jwt.h"

#include <envoy/extensions/filters/http/jwt_authn/v3/config.pb.h>
#include <envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager.pb.h>
#include <fmt/format.h>
#include <google/protobuf/util/time_util.h>

#include <algorithm>

#include "base/sha256.h"
#include "base/strings.h"
#include "features/cluster_settings.h"
#include "xds/resources/pack.h"

namespace limen::features {
namespace {

namespace jwt_v3 = envoy::extensions::filters::http::jwt_authn::v3;

constexpr api::Duration kFetchTimeout = {std::chrono::seconds(10)};  // Envoy Gateway's
constexpr std::chrono::milliseconds kLeastCache{1000}, kLeastRefetch{100};
// No token has it: a header with this claim is only taken away from the client's request.
constexpr char kNoClaim[] = "limen/no-claim";

google::protobuf::Duration duration_of(const api::Duration& value) {
  return google::protobuf::util::TimeUtil::MillisecondsToDuration(value.value.count());
}

class Writer {
 public:
  Writer(const api::Jwt& jwt, const std::vector<JwtKeys>& keys) : jwt_(jwt), keys_(keys) {}

  void write(const std::string& requirement, jwt_v3::JwtAuthentication& out) {
    std::vector<std::string> names;
    for (size_t i = 0; i < jwt_.providers.size(); ++i) {
      const api::JwtProvider& provider = jwt_.providers[i];
      path_ = fmt::format("spec.jwt.providers[{}]", i);
      jwt_v3::JwtProvider message = provider_of(provider, keys_[i]);
      take_away_headers_of_others(provider, message);
      names.push_back(provider.name + "_" + digest_name(xds::bytes_of(message)));
      (*out.mutable_providers())[names.back()] = std::move(message);
    }
    (*out.mutable_requirement_map())[requirement] = requirement_of(names);
  }

  Problems problems;

 private:
  jwt_v3::JwtProvider provider_of(const api::JwtProvider& from, const JwtKeys& keys) {
    jwt_v3::JwtProvider out;
    out.set_issuer(from.issuer.value_or(""));
    for (const std::string& audience : from.audiences) out.add_audiences(audience);
    if (from.remote_jwks)
      write_remote(*from.remote_jwks, keys.cluster, *out.mutable_remote_jwks());
    else
      out.mutable_local_jwks()->set_inline_string(keys.local);
    out.set_forward(true);
    if (from.extract_from) write_places(*from.extract_from, out);
    for (size_t i = 0; i < from.claim_to_headers.size(); ++i) {
      const auto& [header, claim] = from.claim_to_headers[i];
      check_header(fmt::format(".claimToHeaders[{}].header", i), header);
      if (claim.empty()) fail(fmt::format(".claimToHeaders[{}].claim", i), "is empty");
      add_claim(header, claim, out);
    }
    out.set_clear_route_cache(from.recompute_route);
    out.set_payload_in_metadata(from.name);  // for authorization
    auto& normalised = *out.mutable_normalize_payload_in_metadata();
    for (const char* claim : kScopeClaims) normalised.add_space_delimited_claims(claim);
    return out;
  }

  void write_remote(const api::RemoteJwks& from, const std::string& cluster,
                    jwt_v3::RemoteJwks& out) {
    auto& uri = *out.mutable_http_uri();
    uri.set_uri(from.uri);
    uri.set_cluster(cluster);
    *uri.mutable_timeout() = duration_of(request_timeout(from).value_or(kFetchTimeout));
    if (from.backend_settings && from.backend_settings->retry)
      tell(".remoteJWKS.backendSettings",
           write_retry(*from.backend_settings->retry, Caller::kJwks, *out.mutable_retry_policy()));
    if (from.cache_duration.value < kLeastCache)
      fail(".remoteJWKS.cacheDuration", "must be at least 1s");
    *out.mutable_cache_duration() = duration_of(from.cache_duration);
    // A listener does not wait for it; a request does.
    out.mutable_async_fetch()->set_fast_listener(true);
    if (!from.failed_refetch_duration) return;
    if (from.failed_refetch_duration->value < kLeastRefetch)
      fail(".remoteJWKS.failedRefetchDuration", "must be at least 100ms");
    *out.mutable_async_fetch()->mutable_failed_refetch_duration() =
        duration_of(*from.failed_refetch_duration);
  }

  void write_places(const api::JwtExtractor& from, jwt_v3::JwtProvider& out) {
    for (size_t i = 0; i < from.headers.size(); ++i) {
      const std::string field = fmt::format(".extractFrom.headers[{}]", i);
      check_header(field + ".name", from.headers[i].name);
      const std::string prefix = from.headers[i].value_prefix.value_or("");
      if (prefix.find_first_of(std::string_view("\0\r\n", 3)) != std::string::npos)
        fail(field + ".valuePrefix", "has a character that no header's value has");
      auto& header = *out.add_from_headers();
      header.set_name(from.headers[i].name);
      header.set_value_prefix(prefix);
    }
    for (const std::string& cookie : from.cookies) out.add_from_cookies(cookie);
    for (const std::string& param : from.params) out.add_from_params(param);
  }

  // Of several providers Envoy runs those up to the first that likes the token, and only these take
  // away the headers that they are going to set.
  void take_away_headers_of_others(const api::JwtProvider& own, jwt_v3::JwtProvider& out) const {
    for (const api::JwtProvider& other : jwt_.providers) {
      if (&other == &own) continue;
      for (const auto& [header, claim] : other.claim_to_headers) {
        const auto& all = out.claim_to_headers();
        const bool known = std::any_of(all.begin(), all.end(), [&header = header](const auto& it) {
          return it.header_name() == header;
        });
        if (!known) add_claim(header, kNoClaim, out);
      }
    }
  }

  static void add_claim(const std::string& header, const std::string& claim,
                        jwt_v3::JwtProvider& out) {
    auto& entry = *out.add_claim_to_headers();
    entry.set_header_name(header);
    entry.set_claim_name(claim);
  }

  // Envoy wants at least two in a list.
  jwt_v3::JwtRequirement requirement_of(const std::vector<std::string>& providers) const {
    jwt_v3::JwtRequirement out;
    if (providers.size() == 1 && !jwt_.optional && !jwt_.fail_open) {
      out.set_provider_name(providers[0]);
      return out;
    }
    auto& any = *out.mutable_requires_any();
    for (const std::string& name : providers) any.add_requirements()->set_provider_name(name);
    if (jwt_.optional) any.add_requirements()->mutable_allow_missing();
    if (jwt_.fail_open) any.add_requirements()->mutable_allow_missing_or_failed();
    return out;
  }

  void check_header(const std::string& field, const std::string& name) {
    if (!is_header_name(name)) fail(field, fmt::format("'{}' is no header name", name));
  }

  void fail(const std::string& field, const std::string& message) {
    problems.push_back({"Invalid", path_ + field, message});
  }

  void tell(const std::string& field, const Problems& of_field) {
    for (const Problem& problem : of_field) fail(field + problem.path, problem.message);
  }

  const api::Jwt& jwt_;
  const std::vector<JwtKeys>& keys_;
  std::string path_;  // of the provider at hand
};

}  // namespace

std::string jwt_filter(std::string_view route_configuration) {
  return fmt::format("envoy.filters.http.jwt_authn/{}", route_configuration);
}

void write_jwt_filter(const std::string& route_configuration, HttpFilter& out) {
  const jwt_v3::JwtAuthentication nothing;
  out.set_name(jwt_filter(route_configuration));
  out.set_disabled(true);
  auto& discovery = *out.mutable_config_discovery();
  discovery.mutable_config_source()->set_resource_api_version(envoy::config::core::v3::V3);
  discovery.mutable_config_source()->mutable_ads();
  discovery.mutable_default_config()->PackFrom(nothing);
  discovery.add_type_urls(discovery.default_config().type_url());
}

Problems write_jwt(const api::Jwt& jwt, const std::vector<JwtKeys>& keys,
                   const std::string& requirement, jwt_v3::JwtAuthentication& out) {
  Writer writer(jwt, keys);
  writer.write(requirement, out);
  return std::move(writer.problems);
}

google::protobuf::Any require_jwt(const std::string& requirement) {
  jwt_v3::PerRouteConfig config;
  if (requirement.empty())
    config.set_disabled(true);
  else
    config.set_requirement_name(requirement);
  google::protobuf::Any any;
  any.PackFrom(config);
  return any;
}

}  // namespace limen::features

// Rules of a SecurityPolicy as Envoy's RBAC: a list of matchers, of which the first that matches
// decides.
#include <absl/strings/str_cat.h>
#include <absl/strings/str_split.h>
#include <envoy/config/rbac/v3/rbac.pb.h>
#include <envoy/extensions/filters/http/rbac/v3/rbac.pb.h>
#include <envoy/extensions/matching/common_inputs/network/v3/network_inputs.pb.h>
#include <envoy/extensions/matching/input_matchers/ip/v3/ip.pb.h>
#include <re2/re2.h>

#include <algorithm>

#include "features/cidr.h"
#include "features/geo.h"
#include "features/jwt.h"
#include "features/security/cel.h"
#include "features/security/predicates.h"

namespace limen::features {
namespace {

using Matcher = ::xds::type::matcher::v3::Matcher;

constexpr char kTokens[] = "envoy.filters.http.jwt_authn";

void write_action(const std::string& name, api::AuthorizationAction action, Matcher::OnMatch& out) {
  envoy::config::rbac::v3::Action decision;
  decision.set_name(name);
  decision.set_action(action == api::AuthorizationAction::kAllow
                          ? envoy::config::rbac::v3::RBAC::ALLOW
                          : envoy::config::rbac::v3::RBAC::DENY);
  out.mutable_action()->set_name("envoy.filters.rbac.action");
  out.mutable_action()->mutable_typed_config()->PackFrom(decision);
}

// Of the path as Envoy has it, with the query.
std::string regex_of(const api::HttpPathMatch& path) {
  constexpr char kQuery[] = "(?s:\\?.*)?";
  std::string value = path.value;
  switch (path.type) {
    case api::PathMatchType::kExact: return RE2::QuoteMeta(value) + kQuery;
    case api::PathMatchType::kRegularExpression: return absl::StrCat("(?:", value, ")", kQuery);
    case api::PathMatchType::kPathPrefix:
      while (!value.empty() && value.back() == '/') value.pop_back();
      return RE2::QuoteMeta(value) + "(?s:[/?].*)?";
  }
  __builtin_unreachable();
}

class Writer {
 public:
  Writer(const std::string& policy, const api::Jwt* jwt) : policy_(policy), jwt_(jwt) {}

  Matcher write(const api::Authorization& authorization) {
    Matcher matcher;
    if (const GeoFacts asked = facts_asked(authorization); asked != 0) {
      auto& entry = *matcher.mutable_matcher_list()->add_matchers();
      *entry.mutable_predicate() = lacks_facts(asked);
      write_action(absl::StrCat(policy_, "/authorization/no-geoip"),
                   api::AuthorizationAction::kDeny, *entry.mutable_on_match());
    }
    for (size_t i = 0; i < authorization.rules.size(); ++i) {
      const api::AuthorizationRule& rule = authorization.rules[i];
      path_ = absl::StrCat("spec.authorization.rules[", i, "]");
      auto& entry = *matcher.mutable_matcher_list()->add_matchers();
      *entry.mutable_predicate() = predicate_of(rule);
      const std::string name = rule.name.value_or(absl::StrCat(policy_, "/authorization/rule/", i));
      write_action(name, rule.action, *entry.mutable_on_match());
    }
    write_action("default", authorization.default_action.value_or(api::AuthorizationAction::kDeny),
                 *matcher.mutable_on_no_match());
    return matcher;
  }

  Problems problems;

 private:
  // REQUIRES: a principal or cel, as the rules of its table want; else nothing may come of it.
  Predicate predicate_of(const api::AuthorizationRule& rule) {
    std::vector<Predicate> parts;
    if (rule.operation && !rule.operation->methods.empty()) {
      std::vector<std::string> names;
      for (api::HttpMethod method : rule.operation->methods) names.emplace_back(name_of(method));
      parts.push_back(header_is(":method", names));
    }
    if (rule.operation && rule.operation->path)
      parts.push_back(path_matches(*rule.operation->path));
    if (rule.principal && !rule.principal->client_cidrs.empty())
      parts.push_back(client_in(rule.principal->client_cidrs));
    if (rule.principal && rule.principal->jwt) add_token(*rule.principal->jwt, parts);
    if (rule.principal) {
      for (const auto& header : rule.principal->headers)
        parts.push_back(header_is(header.name, header.values));
      if (!rule.principal->client_ip_geo_locations.empty())
        parts.push_back(client_at(rule.principal->client_ip_geo_locations));
    }
    if (rule.cel) {
      const std::string mistake = write_cel(*rule.cel, parts.emplace_back());
      if (!mistake.empty()) problems.push_back({"Invalid", path_ + ".cel", mistake});
    }
    if (parts.empty()) {
      problems.push_back({"Invalid", path_, "says neither who nor what"});
      parts.emplace_back();
    }
    return all_of(std::move(parts));
  }

  Predicate path_matches(const api::HttpPathMatch& path) {
    if (path.type == api::PathMatchType::kRegularExpression) {
      if (const re2::RE2 compiled(path.value, re2::RE2::Quiet); !compiled.ok())
        problems.push_back({"Invalid", path_ + ".operation.path.value",
                            "is no RE2 expression: " + compiled.error()});
    }
    ::xds::type::matcher::v3::StringMatcher match;
    match.mutable_safe_regex()->mutable_google_re2();
    match.mutable_safe_regex()->set_regex(regex_of(path));
    return header_matches(":path", std::move(match));
  }

  Predicate client_in(const std::vector<std::string>& cidrs) {
    Predicate out;
    envoy::extensions::matching::input_matchers::ip::v3::Ip ranges;
    ranges.set_stat_prefix("client");
    for (size_t i = 0; i < cidrs.size(); ++i) {
      if (parse_cidr(cidrs[i], *ranges.add_cidr_ranges())) continue;
      problems.push_back({"Invalid", absl::StrCat(path_, ".principal.clientCIDRs[", i, "]"),
                          absl::StrCat("'", cidrs[i], "' is no range of addresses")});
    }
    auto& single = *out.mutable_single_predicate();
    single.mutable_input()->set_name("client");
    single.mutable_input()->mutable_typed_config()->PackFrom(
        envoy::extensions::matching::common_inputs::network::v3::SourceIPInput());
    single.mutable_custom_match()->set_name("ip");
    single.mutable_custom_match()->mutable_typed_config()->PackFrom(ranges);
    return out;
  }

  bool knows(const std::string& provider) const {
    return jwt_ != nullptr && std::any_of(jwt_->providers.begin(), jwt_->providers.end(),
                                          [&](const auto& it) { return it.name == provider; });
  }

  // All claims, each with one of its values, and all scopes.
  void add_token(const api::JwtPrincipal& token, std::vector<Predicate>& out) {
    if (!knows(token.provider)) {
      problems.push_back(
          {"Invalid", path_ + ".principal.jwt.provider",
           absl::StrCat("'", token.provider, "' is none of the providers in spec.jwt")});
      out.emplace_back();
      return;
    }
    for (const api::JwtClaim& claim : token.claims) {
      const bool in_list = claim.value_type == api::JwtClaimValueType::kStringArray;
      std::vector<std::string> path = absl::StrSplit(claim.name, '.');
      path.insert(path.begin(), token.provider);
      std::vector<Predicate> values;
      for (const std::string& value : claim.values)
        values.push_back(metadata_is({kTokens, path}, in_list, value));
      out.push_back(any_of(std::move(values)));
    }
    for (const std::string& scope : token.scopes) {
      std::vector<Predicate> places;
      for (const char* claim : kScopeClaims)
        places.push_back(metadata_is({kTokens, {token.provider, claim}}, true, scope));
      out.push_back(any_of(std::move(places)));
    }
    if (token.claims.empty() && token.scopes.empty())
      problems.push_back({"Invalid", path_ + ".principal.jwt", "says neither claims nor scopes"});
  }

  const std::string& policy_;
  const api::Jwt* const jwt_;
  std::string path_;  // of the rule at hand
};

}  // namespace

Problems write_authorization(const api::Authorization& authorization, const std::string& policy,
                             const api::Jwt* jwt, FilterConfigs& out) {
  Writer writer(policy, jwt);
  envoy::extensions::filters::http::rbac::v3::RBACPerRoute per_route;
  *per_route.mutable_rbac()->mutable_matcher() = writer.write(authorization);
  out[kAuthorization].PackFrom(per_route);
  return std::move(writer.problems);
}

}  // namespace limen::features

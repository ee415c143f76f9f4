// Rules of a SecurityPolicy as Envoy's RBAC: a list of matchers, of which the first that matches
// decides.
#include <absl/strings/str_cat.h>
#include <absl/strings/str_split.h>
#include <envoy/config/rbac/v3/rbac.pb.h>
#include <envoy/extensions/filters/http/rbac/v3/rbac.pb.h>
#include <envoy/extensions/matching/common_inputs/network/v3/network_inputs.pb.h>
#include <envoy/extensions/matching/input_matchers/ip/v3/ip.pb.h>
#include <envoy/extensions/matching/input_matchers/metadata/v3/metadata.pb.h>
#include <envoy/type/matcher/v3/http_inputs.pb.h>
#include <re2/re2.h>

#include <algorithm>

#include "features/cidr.h"
#include "features/jwt.h"
#include "features/security/cel.h"

namespace limen::features {
namespace {

using Matcher = ::xds::type::matcher::v3::Matcher;
using Predicate = Matcher::MatcherList::Predicate;

void write_action(const std::string& name, api::AuthorizationAction action, Matcher::OnMatch& out) {
  envoy::config::rbac::v3::Action decision;
  decision.set_name(name);
  decision.set_action(action == api::AuthorizationAction::kAllow
                          ? envoy::config::rbac::v3::RBAC::ALLOW
                          : envoy::config::rbac::v3::RBAC::DENY);
  out.mutable_action()->set_name("envoy.filters.rbac.action");
  out.mutable_action()->mutable_typed_config()->PackFrom(decision);
}

void write_header_input(const std::string& name, Predicate::SinglePredicate& out) {
  envoy::type::matcher::v3::HttpRequestHeaderMatchInput input;
  input.set_header_name(name);
  out.mutable_input()->set_name("request-headers");
  out.mutable_input()->mutable_typed_config()->PackFrom(input);
}

// A list of one is the one: Envoy wants at least two in a list.
Predicate joined(std::vector<Predicate> parts, bool all) {
  if (parts.size() == 1) return std::move(parts[0]);
  Predicate out;
  auto& list = all ? *out.mutable_and_matcher() : *out.mutable_or_matcher();
  for (Predicate& part : parts) *list.add_predicate() = std::move(part);
  return out;
}

Predicate header_is(const std::string& name, const std::vector<std::string>& values) {
  std::vector<Predicate> parts;
  for (const std::string& value : values) {
    auto& single = *parts.emplace_back().mutable_single_predicate();
    write_header_input(name, single);
    single.mutable_value_match()->set_exact(value);
  }
  return joined(std::move(parts), false);
}

// What a token says; `path` begins with the name of its provider.
Predicate claim_is(const std::vector<std::string>& path, bool in_list, const std::string& value) {
  envoy::extensions::matching::common_inputs::network::v3::DynamicMetadataInput input;
  input.set_filter("envoy.filters.http.jwt_authn");
  for (const std::string& step : path) input.add_path()->set_key(step);
  envoy::extensions::matching::input_matchers::metadata::v3::Metadata matcher;
  auto& match = *matcher.mutable_value();
  auto& text = in_list ? *match.mutable_list_match()->mutable_one_of() : match;
  text.mutable_string_match()->set_exact(value);
  Predicate out;
  auto& single = *out.mutable_single_predicate();
  single.mutable_input()->set_name("token");
  single.mutable_input()->mutable_typed_config()->PackFrom(input);
  single.mutable_custom_match()->set_name("envoy.matching.matchers.metadata_matcher");
  single.mutable_custom_match()->mutable_typed_config()->PackFrom(matcher);
  return out;
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
    }
    if (rule.cel) {
      const std::string mistake = write_cel(*rule.cel, parts.emplace_back());
      if (!mistake.empty()) problems.push_back({"Invalid", path_ + ".cel", mistake});
    }
    if (parts.empty()) {
      problems.push_back({"Invalid", path_, "says neither who nor what"});
      parts.emplace_back();
    }
    return joined(std::move(parts), true);
  }

  Predicate path_matches(const api::HttpPathMatch& path) {
    Predicate out;
    const std::string regex = regex_of(path);
    if (path.type == api::PathMatchType::kRegularExpression) {
      if (const re2::RE2 compiled(path.value, re2::RE2::Quiet); !compiled.ok())
        problems.push_back({"Invalid", path_ + ".operation.path.value",
                            "is no RE2 expression: " + compiled.error()});
    }
    write_header_input(":path", *out.mutable_single_predicate());
    auto& match = *out.mutable_single_predicate()->mutable_value_match()->mutable_safe_regex();
    match.mutable_google_re2();
    match.set_regex(regex);
    return out;
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
        values.push_back(claim_is(path, in_list, value));
      out.push_back(joined(std::move(values), false));
    }
    for (const std::string& scope : token.scopes) {
      std::vector<Predicate> places;
      for (const char* claim : kScopeClaims)
        places.push_back(claim_is({token.provider, claim}, true, scope));
      out.push_back(joined(std::move(places), false));
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

// A SecurityPolicy for TCPRoutes.  Connections have addresses and nothing else that policies speak
// of: whatever else it says closes what it targets.
#include <envoy/config/listener/v3/listener_components.pb.h>
#include <fmt/format.h>

#include <algorithm>

#include "features/security.h"
#include "schema/effect.h"
#include "translate/policy/rules.h"

namespace limen::translate {
namespace {

bool targets_tcp_routes(const api::PolicyTargetReferences& spec) {
  const std::string_view name = api::info(api::Kind::kTcpRoute).name;
  const auto is_one = [&](const auto& target) { return target.kind == name; };
  const std::vector refs = spec.refs();
  return std::any_of(refs.begin(), refs.end(), is_one) ||
         std::any_of(spec.target_selectors.begin(), spec.target_selectors.end(), is_one);
}

// The first field that only requests have something of; "": none.
std::string about_requests(const api::SecurityPolicySpec& spec) {
  if (spec.merge_type) return "mergeType";
  if (spec.api_key_auth) return "apiKeyAuth";
  if (spec.cors) return "cors";
  if (spec.csrf) return "csrf";
  if (spec.basic_auth) return "basicAuth";
  if (spec.jwt) return "jwt";
  if (spec.oidc) return "oidc";
  return spec.ext_auth ? "extAuth" : "";
}

Verdict refused(const std::string& path, const std::string& message) {
  return Verdict::no("Invalid", fmt::format("{}: {}; all connections are closed", path, message));
}

Verdict mistake_in(const api::SecurityPolicy& policy) {
  if (policy.is_stand_in)
    return refused("spec", "it cannot be read: the log, and `limen validate`, say where and why");
  if (const std::string field = about_requests(policy.spec); !field.empty())
    return refused("spec." + field, "does nothing for a TCPRoute, which takes authorization only");
  const auto& table = api::info(api::Kind::kSecurityPolicy).schema();
  if (const auto path = schema::first_without_effect(table, &policy))
    return refused(*path, "this version of Limen does nothing with it");
  return {};
}

}  // namespace

std::shared_ptr<const ConnectionPolicy> read_connection_policy(flow::Reads& reads, World& world,
                                                               const ObjectKey& key) {
  const api::SecurityPolicy* policy = world.security_policies.get(reads, key);
  if (policy == nullptr || !targets_tcp_routes(policy->spec)) return nullptr;
  auto result = std::make_shared<ConnectionPolicy>();
  result->accepted = mistake_in(*policy);
  if (!result->accepted.ok) return result;
  envoy::config::listener::v3::FilterChainMatch sources;
  if (policy->spec.authorization) {
    const auto read = features::read_connection_sources(*policy->spec.authorization);
    if (!read.problems.empty())
      result->accepted = refused(read.problems[0].path, read.problems[0].message);
    if (!read.problems.empty() || read.ranges.empty()) return result;
    features::write_sources(read, sources);
  }
  result->sources = xds::fragment_of(sources);
  return result;
}

}  // namespace limen::translate

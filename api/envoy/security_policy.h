// SecurityPolicy: who may use a Gateway, a listener, a route or one of its rules.  Source:
// gateway.envoyproxy.io/v1alpha1.  A field that has no effect yet (not_in_effect in the table)
// makes a policy that sets it invalid: none of these may be taken for done.
#pragma once

#include "api/envoy/authentication.h"
#include "api/envoy/authorization.h"

namespace limen::api {

struct Cors {
  std::vector<std::string> allow_origins, allow_methods, allow_headers, expose_headers;
  std::optional<Duration> max_age;
  std::optional<bool> allow_credentials;
  bool operator==(const Cors&) const = default;
};

struct Csrf {
  std::optional<Fraction> shadow_fraction;  // of requests that are only counted
  std::vector<std::string> additional_origins;
  bool operator==(const Csrf&) const = default;
};

struct SecurityPolicySpec : PolicyTargetReferences {
  std::optional<MergeType> merge_type;
  Box<ApiKeyAuth> api_key_auth;
  Box<Cors> cors;
  Box<Csrf> csrf;
  Box<BasicAuth> basic_auth;
  Box<Jwt> jwt;
  Box<Oidc> oidc;
  Box<ExtAuth> ext_auth;
  Box<Authorization> authorization;
  bool operator==(const SecurityPolicySpec&) const = default;
};

struct SecurityPolicy {
  ObjectMeta metadata;
  SecurityPolicySpec spec;
  PolicyStatus status;
  bool is_stand_in = false;  // nothing but its targets could be read; no field of the API
  bool operator==(const SecurityPolicy&) const = default;
};

}  // namespace limen::api

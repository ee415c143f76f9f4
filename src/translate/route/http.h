// HTTPRoute -> xDS routes, and GRPCRoute in the form of an HTTPRoute.  Within this folder only.
#pragma once

#include <envoy/config/route/v3/route_components.pb.h>

#include "base/problem.h"
#include "translate/backend/resolve.h"
#include "translate/world.h"

namespace limen::translate {

// What is translated: an HTTPRoute, or what a GRPCRoute says in terms of one.
struct HttpForm {
  api::Kind kind;
  const api::HttpRoute& route;
  const api::GrpcRoute* grpc = nullptr;  // iff kind says so: decides precedence
  const RoutePolicies* policies = nullptr;

  RouteKey key() const { return {kind, route.metadata.key()}; }
  // Where there is no backend to send to.  Source: HTTPBackendRef (500) and GRPCBackendRef
  // (UNAVAILABLE, which is 503 before Envoy makes a gRPC status of it).
  uint32_t failure_status() const { return grpc == nullptr ? 500 : 503; }
};

// What an extensionRef names.
struct Extension {
  const RouteFilterModel* filter = nullptr;
  ObjectKey key;
  std::string mistake;  // "" iff there is a filter
};

struct HttpTarget {
  const api::HttpBackendRef* ref;
  ResolvedBackend backend;
  std::vector<ResolvedBackend> mirrors;  // by the ref's own mirror filters, in order
  std::optional<ResolvedBackend> auth;   // of its ExternalAuth
  std::vector<Extension> extensions;     // by the ref's extensionRefs, in order
};

// One rule, with all that is the same for its matches, listeners and hosts.
struct HttpRule {
  const HttpForm& form;
  const api::HttpRouteRule& rule;
  size_t index;
  std::string path;                      // "spec.rules[i]"
  std::vector<HttpTarget> targets;       // by backendRef, in order
  std::vector<ResolvedBackend> mirrors;  // by mirror filter, in order
  std::optional<ResolvedBackend> auth;   // of its ExternalAuth
  std::vector<Extension> extensions;     // by extensionRef, in order
  // Of the policy of the rule or else of the route, on the listener at hand.
  const SecurityModel* security = nullptr;
  Problems problems;  // the rule cannot be translated: it is answered with an error

  std::string name() const;  // "httproute/<namespace>/<name>/rule/<index>"
};

// The part of a rule's requests that one xDS route serves.
struct HttpShare {
  const HttpTarget* target = nullptr;  // nullptr: all targets, by weight
  uint32_t below = kAll;  // of the requests by their random number in millionths; kAll: the rest
  static constexpr uint32_t kAll = 1'000'000;
};

// One share where Envoy's weighted clusters can do it.  What a backendRef's filters ask beyond
// that (a path rewrite, a mirror, what the rule does too) takes a route a target: each is tried in
// turn with the same random number, so the limits are cumulative.
std::vector<HttpShare> shares_of(const HttpRule& rule);

// What answers: a redirect, the backends, or an error.
Problems write_action(const HttpRule& rule, const HttpShare& share,
                      const api::HttpRouteMatch& match, const AttachedListener& listener,
                      envoy::config::route::v3::Route& route);
// An error for every request.
void answer(uint32_t status, envoy::config::route::v3::Route& route);

std::shared_ptr<TranslatedRoute> translate_http(flow::Reads& reads, World& world,
                                                const HttpForm& form,
                                                const Attachments& attachments);
std::shared_ptr<TranslatedRoute> translate_grpc(flow::Reads& reads, World& world,
                                                const api::GrpcRoute& route,
                                                const RoutePolicies* policies,
                                                const Attachments& attachments);

// Source: HTTPRouteRule.matches and GRPCRouteRule.matches.  Without route and entry.
MatchOrder precedence_of(const api::HttpRouteMatch& match);
MatchOrder precedence_of(const api::GrpcRouteMatch& match);

}  // namespace limen::translate

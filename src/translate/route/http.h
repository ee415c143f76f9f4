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

  RouteKey key() const { return {kind, route.metadata.key()}; }
  // Where there is no backend to send to.  Source: HTTPBackendRef (500) and GRPCBackendRef
  // (UNAVAILABLE, which is 503 before Envoy makes a gRPC status of it).
  uint32_t failure_status() const { return grpc == nullptr ? 500 : 503; }
};

struct HttpTarget {
  const api::HttpBackendRef* ref;
  ResolvedBackend backend;
};

// One rule, with all that is the same for its matches, listeners and hosts.
struct HttpRule {
  const HttpForm& form;
  const api::HttpRouteRule& rule;
  size_t index;
  std::string path;                 // "spec.rules[i]"
  std::vector<HttpTarget> targets;  // by backendRef, in order
  std::vector<HttpTarget> mirrors;  // by filter, in order
  Problems problems;                // the rule cannot be translated: it is answered with an error

  std::string name() const;  // "httproute/<namespace>/<name>/rule/<index>"
};

// What answers: a redirect, the backends, or an error.
Problems write_action(const HttpRule& rule, const api::HttpRouteMatch& match,
                      const AttachedListener& listener, envoy::config::route::v3::Route& route);
// An error for every request.
void answer(uint32_t status, envoy::config::route::v3::Route& route);

std::shared_ptr<TranslatedRoute> translate_http(flow::Reads& reads, World& world,
                                                const HttpForm& form,
                                                const Attachments& attachments);
std::shared_ptr<TranslatedRoute> translate_grpc(flow::Reads& reads, World& world,
                                                const api::GrpcRoute& route,
                                                const Attachments& attachments);

// Source: HTTPRouteRule.matches and GRPCRouteRule.matches.  Without route and entry.
MatchOrder precedence_of(const api::HttpRouteMatch& match);
MatchOrder precedence_of(const api::GrpcRouteMatch& match);

}  // namespace limen::translate

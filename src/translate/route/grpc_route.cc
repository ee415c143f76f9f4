// GRPCRoute in the form of an HTTPRoute: a call is an HTTP/2 POST to /<service>/<method>, so all
// but precedence and failures is the same.
#include <re2/re2.h>

#include "translate/route/http.h"

namespace limen::translate {
namespace {

constexpr char kAnySegment[] = "[^/]+";

api::HttpPathMatch path_of(const api::GrpcMethodMatch& match) {
  const bool has_service = match.service && !match.service->empty();
  const bool has_method = match.method && !match.method->empty();
  if (!has_service && !has_method) return {};
  if (match.type == api::GrpcMatchType::kRegularExpression) {
    const auto part = [](bool has, const std::optional<std::string>& pattern) {
      return has ? "(?:" + *pattern + ")" : std::string(kAnySegment);
    };
    return {api::PathMatchType::kRegularExpression,
            "/" + part(has_service, match.service) + "/" + part(has_method, match.method)};
  }
  if (!has_service)
    return {api::PathMatchType::kRegularExpression,
            std::string("/") + kAnySegment + "/" + RE2::QuoteMeta(*match.method)};
  if (!has_method) return {api::PathMatchType::kPathPrefix, "/" + *match.service + "/"};
  return {api::PathMatchType::kExact, "/" + *match.service + "/" + *match.method};
}

api::ValueMatchType value_type(api::GrpcMatchType type) {
  return type == api::GrpcMatchType::kExact ? api::ValueMatchType::kExact
                                            : api::ValueMatchType::kRegularExpression;
}

api::HttpRouteMatch http_form(const api::GrpcRouteMatch& match) {
  api::HttpRouteMatch result;
  if (match.method) result.path = path_of(*match.method);
  for (const api::GrpcHeaderMatch& header : match.headers)
    result.headers.push_back({value_type(header.type), header.name, header.value});
  return result;
}

api::HttpFilterType filter_type(api::GrpcFilterType type) {
  switch (type) {
    case api::GrpcFilterType::kRequestHeaderModifier:
      return api::HttpFilterType::kRequestHeaderModifier;
    case api::GrpcFilterType::kResponseHeaderModifier:
      return api::HttpFilterType::kResponseHeaderModifier;
    case api::GrpcFilterType::kRequestMirror: return api::HttpFilterType::kRequestMirror;
    case api::GrpcFilterType::kExtensionRef: return api::HttpFilterType::kExtensionRef;
  }
  __builtin_unreachable();
}

std::vector<api::HttpRouteFilter> http_form(const std::vector<api::GrpcRouteFilter>& filters) {
  std::vector<api::HttpRouteFilter> result;
  for (const api::GrpcRouteFilter& filter : filters) {
    api::HttpRouteFilter& http = result.emplace_back();
    http.type = filter_type(filter.type);
    http.request_header_modifier = filter.request_header_modifier;
    http.response_header_modifier = filter.response_header_modifier;
    http.request_mirror = filter.request_mirror;
    http.extension_ref = filter.extension_ref;
  }
  return result;
}

api::HttpRouteRule http_form(const api::GrpcRouteRule& rule) {
  api::HttpRouteRule result;
  result.name = rule.name;
  for (const api::GrpcRouteMatch& match : rule.matches) result.matches.push_back(http_form(match));
  result.filters = http_form(rule.filters);
  for (const api::GrpcBackendRef& ref : rule.backend_refs) {
    api::HttpBackendRef& http = result.backend_refs.emplace_back();
    static_cast<api::BackendRef&>(http) = static_cast<const api::BackendRef&>(ref);
    http.filters = http_form(ref.filters);
  }
  if (rule.session_persistence) result.session_persistence = *rule.session_persistence;
  return result;
}

int16_t negated_length(const std::optional<std::string>& text) {
  return static_cast<int16_t>(text ? -static_cast<int>(text->size()) : 0);
}

}  // namespace

MatchOrder precedence_of(const api::GrpcRouteMatch& match) {
  MatchOrder order;
  if (match.method) {
    order.path_length = negated_length(match.method->service);
    order.method = negated_length(match.method->method);
  }
  order.headers = static_cast<int8_t>(-static_cast<int>(match.headers.size()));
  return order;
}

std::shared_ptr<TranslatedRoute> translate_grpc(flow::Reads& reads, World& world,
                                                const api::GrpcRoute& route,
                                                const RoutePolicies* policies,
                                                const Attachments& attachments) {
  api::HttpRoute http;
  http.metadata = route.metadata;
  for (const api::GrpcRouteRule& rule : route.spec.rules)
    http.spec.rules.push_back(http_form(rule));
  return translate_http(reads, world, {api::Kind::kGrpcRoute, http, &route, policies}, attachments);
}

}  // namespace limen::translate

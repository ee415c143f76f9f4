#include "api/gateway/tables.h"

namespace limen::api {

using schema::each;
using schema::items;
using schema::length;
using schema::object;
using schema::pattern;
using schema::required;
using schema::unique_by;

std::vector<std::string_view> names_of(const GrpcMatchType*) {
  return {"Exact", "RegularExpression"};
}
std::vector<std::string_view> names_of(const GrpcFilterType*) {
  return {"ResponseHeaderModifier", "RequestHeaderModifier", "RequestMirror", "ExtensionRef"};
}

const Schema& schema_of(const GrpcMethodMatch*) {
  static const Schema schema =
      object<GrpcMethodMatch>("GRPCMethodMatch", "A condition on the method that is called.")
          .field<&GrpcMethodMatch::type>("type", "How both are compared.")
          .field<&GrpcMethodMatch::service>("service", "Service with its package.", length(0, 1024))
          .field<&GrpcMethodMatch::method>("method", "Method.", length(0, 1024))
          .rule("has(self.service) || has(self.method)", "service or method must be set")
          .rule(
              R"((has(self.type) && self.type != 'Exact') || !has(self.service) || self.service.matches(r'^(?i)\.?[a-z_][a-z_0-9]*(\.[a-z_][a-z_0-9]*)*$'))",
              "service must be a gRPC service's name, such as package.Service")
          .rule(
              "(has(self.type) && self.type != 'Exact') || !has(self.method) || self.method.matches('^[A-Za-z_][A-Za-z_0-9]*$')",
              "method must be a gRPC method's name");
  return schema;
}

const Schema& schema_of(const GrpcHeaderMatch*) {
  static const Schema schema =
      object<GrpcHeaderMatch>("GRPCHeaderMatch", "A condition on a header.")
          .field<&GrpcHeaderMatch::type>("type", "How `value` is compared.")
          .field<&GrpcHeaderMatch::name>("name", "The header.", required(), length(1, 256),
                                         pattern(kTokenPattern))
          .field<&GrpcHeaderMatch::value>("value", "Value or RE2 expression.", required(),
                                          length(1, 4096));
  return schema;
}

const Schema& schema_of(const GrpcRouteMatch*) {
  static const Schema schema =
      object<GrpcRouteMatch>("GRPCRouteMatch", "Conditions on a call; all must hold.")
          .field<&GrpcRouteMatch::method>("method", "On the method; every method where unset.")
          .field<&GrpcRouteMatch::headers>("headers", "On headers.", items(0, 16),
                                           unique_by({"name"}));
  return schema;
}

const Schema& schema_of(const GrpcRouteFilter*) {
  static const Schema schema =
      object<GrpcRouteFilter>(
          "GRPCRouteFilter",
          "A step in the handling of calls; exactly the member that `type` names is set.")
          .field<&GrpcRouteFilter::type>("type", "Which step.", required())
          .field<&GrpcRouteFilter::request_header_modifier>("requestHeaderModifier",
                                                            "Changes request headers.")
          .field<&GrpcRouteFilter::response_header_modifier>("responseHeaderModifier",
                                                             "Changes response headers.")
          .field<&GrpcRouteFilter::request_mirror>("requestMirror", "Sends a copy elsewhere.")
          .field<&GrpcRouteFilter::extension_ref>("extensionRef", "A filter of the implementation.")
          .rule(
              "has(self.requestHeaderModifier) == (self.type == 'RequestHeaderModifier')",
              "requestHeaderModifier must be set where type is RequestHeaderModifier, and only there")
          .rule(
              "has(self.responseHeaderModifier) == (self.type == 'ResponseHeaderModifier')",
              "responseHeaderModifier must be set where type is ResponseHeaderModifier, and only there")
          .rule("has(self.requestMirror) == (self.type == 'RequestMirror')",
                "requestMirror must be set where type is RequestMirror, and only there")
          .rule("has(self.extensionRef) == (self.type == 'ExtensionRef')",
                "extensionRef must be set where type is ExtensionRef, and only there");
  return schema;
}

template <class T>
static object<T>&& with_filter_rules(object<T>&& table) {
  return std::move(table)
      .rule(
          "!has(self.filters) || self.filters.filter(f, f.type == 'RequestHeaderModifier').size() <= 1",
          "RequestHeaderModifier must stand at most once")
      .rule(
          "!has(self.filters) || self.filters.filter(f, f.type == 'ResponseHeaderModifier').size() <= 1",
          "ResponseHeaderModifier must stand at most once");
}

const Schema& schema_of(const GrpcBackendRef*) {
  static const Schema schema = with_filter_rules(
      object<GrpcBackendRef>("GRPCBackendRef", "A backend and its share of the calls.")
          .base<BackendRef>("The backend.")
          .field<&GrpcBackendRef::filters>("filters", "Steps for calls to this backend alone.",
                                           items(0, 16)));
  return schema;
}

const Schema& schema_of(const GrpcRouteRule*) {
  static const Schema schema = with_filter_rules(
      object<GrpcRouteRule>("GRPCRouteRule", "What happens to the calls that match.")
          .field<&GrpcRouteRule::name>("name", "Name, unique in the route.", length(1, 253),
                                       pattern(kSectionPattern))
          .field<&GrpcRouteRule::matches>(
              "matches", "Which calls; one match suffices; all calls where empty.", items(0, 64))
          .field<&GrpcRouteRule::filters>("filters", "Steps.", items(0, 16))
          .field<&GrpcRouteRule::backend_refs>("backendRefs", "Where the calls go.", items(0, 16))
          .field<&GrpcRouteRule::session_persistence>(
              "sessionPersistence", "Sends a client's calls to the same endpoint."));
  return schema;
}

const Schema& schema_of(const GrpcRouteSpec*) {
  static const Schema schema =
      object<GrpcRouteSpec>("GRPCRouteSpec", "Which calls of which Gateways go where.")
          .base<CommonRouteSpec>("Gateways to attach to.")
          .field<&GrpcRouteSpec::hostnames>("hostnames", "Hosts; the listeners' where empty.",
                                            items(0, 16),
                                            each(length(1, 253), pattern(kHostnamePattern)))
          .field<&GrpcRouteSpec::rules>("rules", "Rules; the most specific match wins.",
                                        items(0, 16))
          .rule(kRuleNamesDiffer, kRuleNamesDifferMessage)
          .rule(
              "!has(self.rules) || self.rules.map(r, has(r.matches) ? size(r.matches) : 0).sum() <= 128",
              "all rules together must have at most 128 matches");
  return schema;
}

const Schema& schema_of(const GrpcRoute*) {
  static const Schema schema =
      object<GrpcRoute>("GRPCRoute", "Routes gRPC calls to backends.")
          .field<&GrpcRoute::metadata>("metadata", kMetadata, required())
          .field<&GrpcRoute::spec>("spec", "Which calls go where.")
          .field<&GrpcRoute::status>("status", "Written by the controller.");
  return schema;
}

}  // namespace limen::api

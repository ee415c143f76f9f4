#include "api/gateway/tables.h"

namespace limen::api {

using schema::each;
using schema::items;
using schema::length;
using schema::max;
using schema::min;
using schema::object;
using schema::pattern;
using schema::required;
using schema::unique;
using schema::unique_by;

std::vector<std::string_view> names_of(const PathMatchType*) {
  return {"Exact", "PathPrefix", "RegularExpression"};
}
std::vector<std::string_view> names_of(const ValueMatchType*) {
  return {"Exact", "RegularExpression"};
}
std::vector<std::string_view> names_of(const HttpMethod*) {
  return {"GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH"};
}
const Schema& schema_of(const HttpPathMatch*) {
  static const Schema schema =
      object<HttpPathMatch>("HTTPPathMatch", "A condition on the path.")
          .field<&HttpPathMatch::type>("type", "How `value` is compared.")
          .field<&HttpPathMatch::value>("value", "Path, prefix or RE2 expression.", length(0, 1024))
          .rule(
              "(has(self.type) && self.type == 'RegularExpression') || !has(self.value) || self.value.startsWith('/')",
              "value must begin with '/'")
          .rule(
              "(has(self.type) && self.type == 'RegularExpression') || !has(self.value) || !self.value.contains('//')",
              "value must not contain '//'")
          .rule(
              "(has(self.type) && self.type == 'RegularExpression') || !has(self.value) || !(self.value.contains('/./') || self.value.contains('/../') || self.value.endsWith('/.') || self.value.endsWith('/..'))",
              "value must not contain '.' or '..' as a path element")
          .rule(
              "(has(self.type) && self.type == 'RegularExpression') || !has(self.value) || !(self.value.contains('%2f') || self.value.contains('%2F') || self.value.contains('#'))",
              "value must not contain '%2f' or '#'")
          .rule(
              R"((has(self.type) && self.type == 'RegularExpression') || !has(self.value) || self.value.matches(r'^(?:[-A-Za-z0-9/._~!$&\x27()*+,;=:@]|[%][0-9a-fA-F]{2})+$'))",
              "value must consist of the characters of a path");
  return schema;
}

const Schema& schema_of(const HttpHeaderMatch*) {
  static const Schema schema =
      object<HttpHeaderMatch>("HTTPHeaderMatch", "A condition on a header.")
          .field<&HttpHeaderMatch::type>("type", "How `value` is compared.")
          .field<&HttpHeaderMatch::name>("name", "The header.", required(), length(1, 256),
                                         pattern(kTokenPattern))
          .field<&HttpHeaderMatch::value>("value", "Value or RE2 expression.", required(),
                                          length(1, 4096), pattern(kHeaderValuePattern));
  return schema;
}

const Schema& schema_of(const HttpQueryParamMatch*) {
  static const Schema schema =
      object<HttpQueryParamMatch>("HTTPQueryParamMatch", "A condition on a query parameter.")
          .field<&HttpQueryParamMatch::type>("type", "How `value` is compared.")
          .field<&HttpQueryParamMatch::name>("name", "The parameter.", required(), length(1, 256),
                                             pattern(kTokenPattern))
          .field<&HttpQueryParamMatch::value>("value", "Value or RE2 expression.", required(),
                                              length(1, 1024));
  return schema;
}

const Schema& schema_of(const HttpRouteMatch*) {
  static const Schema schema =
      object<HttpRouteMatch>("HTTPRouteMatch", "Conditions on a request; all must hold.")
          .field<&HttpRouteMatch::path>("path", "On the path; every path where unset.")
          .field<&HttpRouteMatch::headers>("headers", "On headers.", items(0, 16),
                                           unique_by({"name"}))
          .field<&HttpRouteMatch::query_params>("queryParams", "On query parameters.", items(0, 16),
                                                unique_by({"name"}))
          .field<&HttpRouteMatch::method>("method", "On the method.");
  return schema;
}

// What holds of every list of filters: no such filter twice, and not both of two.
template <class T>
static object<T>&& with_filter_rules(object<T>&& table) {
  return std::move(table)
      .rule("!has(self.filters) || self.filters.filter(f, f.type == 'RequestRedirect').size() <= 1",
            "RequestRedirect must stand at most once")
      .rule("!has(self.filters) || self.filters.filter(f, f.type == 'URLRewrite').size() <= 1",
            "URLRewrite must stand at most once")
      .rule("!has(self.filters) || self.filters.filter(f, f.type == 'CORS').size() <= 1",
            "CORS must stand at most once")
      .rule(
          "!has(self.filters) || self.filters.filter(f, f.type == 'RequestHeaderModifier').size() <= 1",
          "RequestHeaderModifier must stand at most once")
      .rule(
          "!has(self.filters) || self.filters.filter(f, f.type == 'ResponseHeaderModifier').size() <= 1",
          "ResponseHeaderModifier must stand at most once")
      .rule(
          "!has(self.filters) || !(self.filters.exists(f, f.type == 'RequestRedirect') && self.filters.exists(f, f.type == 'URLRewrite'))",
          "RequestRedirect and URLRewrite exclude each other");
}

const Schema& schema_of(const HttpBackendRef*) {
  static const Schema schema = with_filter_rules(
      object<HttpBackendRef>("HTTPBackendRef", "A backend and its share of the requests.")
          .base<BackendRef>("The backend.")
          .field<&HttpBackendRef::filters>("filters", "Steps for requests to this backend alone.",
                                           items(0, 16)));
  return schema;
}

const Schema& schema_of(const HttpRouteTimeouts*) {
  static const Schema schema =
      object<HttpRouteTimeouts>("HTTPRouteTimeouts", "Time limits; 0s is none. GEP-1742.")
          .field<&HttpRouteTimeouts::request>("request", "For the whole request.")
          .field<&HttpRouteTimeouts::backend_request>("backendRequest", "For one try at a backend.")
          .rule(
              "!(has(self.request) && has(self.backendRequest) && duration(self.request) != duration('0s') && duration(self.backendRequest) > duration(self.request))",
              "backendRequest must not be longer than request");
  return schema;
}

const Schema& schema_of(const HttpRouteRetry*) {
  static const Schema schema =
      object<HttpRouteRetry>("HTTPRouteRetry", "Tries again where a backend fails. GEP-1731.")
          .field<&HttpRouteRetry::codes>("codes", "Statuses to try again on.", unique(),
                                         each(min(400), max(599)))
          .field<&HttpRouteRetry::attempts>("attempts", "How often.", min(0))
          .field<&HttpRouteRetry::backoff>("backoff", "Least pause between tries.");
  return schema;
}

// A replaced prefix needs to be known: the rule's only match is of type PathPrefix, which is also
// what stands for no match and no path.  As in Gateway API, `exists_one`: two backends with such a
// filter are not looked at.
const Schema& schema_of(const HttpRouteRule*) {
  static const Schema schema = with_filter_rules(
      object<HttpRouteRule>("HTTPRouteRule", "What happens to the requests that match.")
          .field<&HttpRouteRule::name>("name", "Name, unique in the route.", length(1, 253),
                                       pattern(kSectionPattern))
          .field<&HttpRouteRule::matches>(
              "matches", "Which requests; one match suffices; all requests where empty.",
              items(0, 64))
          .field<&HttpRouteRule::filters>("filters", "Steps.", items(0, 16))
          .field<&HttpRouteRule::backend_refs>("backendRefs", "Where the requests go.",
                                               items(0, 16))
          .field<&HttpRouteRule::timeouts>("timeouts", "Time limits.")
          .field<&HttpRouteRule::retry>("retry", "Tries again where a backend fails.")
          .field<&HttpRouteRule::session_persistence>(
              "sessionPersistence", "Sends a client's requests to the same endpoint.")
          .rule(
              "!has(self.filters) || !self.filters.exists(f, has(f.requestRedirect)) || !has(self.backendRefs) || size(self.backendRefs) == 0",
              "a rule with a RequestRedirect must have no backendRefs")
          .rule(
              "!(has(self.filters) && self.filters.exists_one(f, has(f.requestRedirect) && has(f.requestRedirect.path) && has(f.requestRedirect.path.replacePrefixMatch))) || !has(self.matches) || (size(self.matches) == 1 && (!has(self.matches[0].path) || !has(self.matches[0].path.type) || self.matches[0].path.type == 'PathPrefix'))",
              "a RequestRedirect with replacePrefixMatch needs exactly one match, of type PathPrefix")
          .rule(
              "!(has(self.filters) && self.filters.exists_one(f, has(f.urlRewrite) && has(f.urlRewrite.path) && has(f.urlRewrite.path.replacePrefixMatch))) || !has(self.matches) || (size(self.matches) == 1 && (!has(self.matches[0].path) || !has(self.matches[0].path.type) || self.matches[0].path.type == 'PathPrefix'))",
              "a URLRewrite with replacePrefixMatch needs exactly one match, of type PathPrefix")
          .rule(
              "!(has(self.backendRefs) && self.backendRefs.exists_one(b, has(b.filters) && b.filters.exists_one(f, has(f.requestRedirect) && has(f.requestRedirect.path) && has(f.requestRedirect.path.replacePrefixMatch)))) || !has(self.matches) || (size(self.matches) == 1 && (!has(self.matches[0].path) || !has(self.matches[0].path.type) || self.matches[0].path.type == 'PathPrefix'))",
              "a backend's RequestRedirect with replacePrefixMatch needs exactly one match, of type PathPrefix")
          .rule(
              "!(has(self.backendRefs) && self.backendRefs.exists_one(b, has(b.filters) && b.filters.exists_one(f, has(f.urlRewrite) && has(f.urlRewrite.path) && has(f.urlRewrite.path.replacePrefixMatch)))) || !has(self.matches) || (size(self.matches) == 1 && (!has(self.matches[0].path) || !has(self.matches[0].path.type) || self.matches[0].path.type == 'PathPrefix'))",
              "a backend's URLRewrite with replacePrefixMatch needs exactly one match, of type PathPrefix"));
  return schema;
}

const Schema& schema_of(const HttpRouteSpec*) {
  static const Schema schema =
      object<HttpRouteSpec>("HTTPRouteSpec", "Which requests of which Gateways go where.")
          .base<CommonRouteSpec>("Gateways to attach to.")
          .field<&HttpRouteSpec::hostnames>("hostnames", "Hosts; the listeners' where empty.",
                                            items(0, 16),
                                            each(length(1, 253), pattern(kHostnamePattern)))
          .field<&HttpRouteSpec::rules>("rules", "Rules; the most specific match wins.",
                                        items(1, 16))
          .rule(kRuleNamesDiffer, kRuleNamesDifferMessage)
          .rule(
              "!has(self.rules) || self.rules.map(r, has(r.matches) ? size(r.matches) : 1).sum() <= 128",
              "all rules together must have at most 128 matches");
  return schema;
}

const Schema& schema_of(const HttpRoute*) {
  static const Schema schema =
      object<HttpRoute>("HTTPRoute", "Routes HTTP requests to backends.")
          .field<&HttpRoute::metadata>("metadata", "Name, namespace, labels.", required())
          .field<&HttpRoute::spec>("spec", "Which requests go where.", required())
          .field<&HttpRoute::status>("status", "Written by the controller.");
  return schema;
}

}  // namespace limen::api

#include "api/gateway/tables.h"

namespace limen::api {

using schema::each;
using schema::embedded;
using schema::items;
using schema::length;
using schema::max;
using schema::min;
using schema::object;
using schema::one_of;
using schema::pattern;
using schema::required;
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
std::vector<std::string_view> names_of(const PathModifierType*) {
  return {"ReplaceFullPath", "ReplacePrefixMatch"};
}
std::vector<std::string_view> names_of(const HttpFilterType*) {
  return {"RequestHeaderModifier",
          "ResponseHeaderModifier",
          "RequestMirror",
          "RequestRedirect",
          "URLRewrite",
          "ExtensionRef",
          "CORS",
          "ExternalAuth"};
}

constexpr schema::Form kToken = {
    "^[A-Za-z0-9!#$%&'*+\\-.^_\\x60|~]+$",
    "a name: letters, digits, '-' and '_' are allowed, no space and no ':'"};

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
              "value must not contain '%2f' or '#'");
  return schema;
}

const Schema& schema_of(const HttpHeaderMatch*) {
  static const Schema schema =
      object<HttpHeaderMatch>("HTTPHeaderMatch", "A condition on a header.")
          .field<&HttpHeaderMatch::type>("type", "How `value` is compared.")
          .field<&HttpHeaderMatch::name>("name", "The header.", required(), length(1, 256),
                                         pattern(kToken))
          .field<&HttpHeaderMatch::value>("value", "Value or RE2 expression.", required(),
                                          length(1, 4096));
  return schema;
}

const Schema& schema_of(const HttpQueryParamMatch*) {
  static const Schema schema =
      object<HttpQueryParamMatch>("HTTPQueryParamMatch", "A condition on a query parameter.")
          .field<&HttpQueryParamMatch::type>("type", "How `value` is compared.")
          .field<&HttpQueryParamMatch::name>("name", "The parameter.", required(), length(1, 256),
                                             pattern(kToken))
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

const Schema& schema_of(const HttpHeader*) {
  static const Schema schema =
      object<HttpHeader>("HTTPHeader", "A header.")
          .field<&HttpHeader::name>("name", "Name.", required(), length(1, 256), pattern(kToken))
          .field<&HttpHeader::value>("value", "Value.", required(), length(1, 4096));
  return schema;
}

const Schema& schema_of(const HttpHeaderFilter*) {
  static const Schema schema =
      object<HttpHeaderFilter>("HTTPHeaderFilter", "Changes to headers.")
          .field<&HttpHeaderFilter::set>("set", "Headers to overwrite.", items(0, 16),
                                         unique_by({"name"}))
          .field<&HttpHeaderFilter::add>("add", "Headers to append.", items(0, 16),
                                         unique_by({"name"}))
          .field<&HttpHeaderFilter::remove>("remove", "Headers to remove.", items(0, 16));
  return schema;
}

const Schema& schema_of(const HttpPathModifier*) {
  static const Schema schema =
      object<HttpPathModifier>("HTTPPathModifier", "A change of the path.")
          .field<&HttpPathModifier::type>("type", "What is replaced.", required())
          .field<&HttpPathModifier::replace_full_path>("replaceFullPath", "What replaces the path.",
                                                       length(0, 1024))
          .field<&HttpPathModifier::replace_prefix_match>(
              "replacePrefixMatch", "What replaces the matched prefix.", length(0, 1024))
          .rule(
              "self.type == 'ReplaceFullPath' ? has(self.replaceFullPath) : !has(self.replaceFullPath)",
              "replaceFullPath must be set where type is ReplaceFullPath, and only there")
          .rule(
              "self.type == 'ReplacePrefixMatch' ? has(self.replacePrefixMatch) : !has(self.replacePrefixMatch)",
              "replacePrefixMatch must be set where type is ReplacePrefixMatch, and only there");
  return schema;
}

const Schema& schema_of(const HttpRequestRedirectFilter*) {
  static const Schema schema =
      object<HttpRequestRedirectFilter>("HTTPRequestRedirectFilter", "Answers with a redirect.")
          .field<&HttpRequestRedirectFilter::scheme>("scheme", "Scheme to go to.",
                                                     one_of({"http", "https"}))
          .field<&HttpRequestRedirectFilter::hostname>("hostname", "Host to go to.", length(1, 253),
                                                       pattern(kExactHostnamePattern))
          .field<&HttpRequestRedirectFilter::path>("path", "Path to go to.")
          .field<&HttpRequestRedirectFilter::port>("port", "Port to go to.", min(1), max(65535))
          .field<&HttpRequestRedirectFilter::status_code>("statusCode",
                                                          "301, 302, 303, 307 or 308.")
          .rule("!has(self.statusCode) || self.statusCode in [301, 302, 303, 307, 308]",
                "statusCode must be 301, 302, 303, 307 or 308");
  return schema;
}

const Schema& schema_of(const HttpUrlRewriteFilter*) {
  static const Schema schema =
      object<HttpUrlRewriteFilter>("HTTPURLRewriteFilter",
                                   "Changes the request on its way to the backend.")
          .field<&HttpUrlRewriteFilter::hostname>("hostname", "The Host header's new value.",
                                                  length(1, 253), pattern(kExactHostnamePattern))
          .field<&HttpUrlRewriteFilter::path>("path", "The new path.");
  return schema;
}

const Schema& schema_of(const HttpRequestMirrorFilter*) {
  static const Schema schema =
      object<HttpRequestMirrorFilter>("HTTPRequestMirrorFilter",
                                      "Sends a copy of requests to another backend.")
          .field<&HttpRequestMirrorFilter::backend_ref>("backendRef", "Where to.", required())
          .field<&HttpRequestMirrorFilter::percent>("percent", "Share of requests, in percent.",
                                                    min(0), max(100))
          .field<&HttpRequestMirrorFilter::fraction>("fraction", "Share of requests.")
          .rule("!(has(self.percent) && has(self.fraction))",
                "set at most one of percent and fraction");
  return schema;
}

const Schema& schema_of(const HttpCorsFilter*) {
  static const Schema schema =
      object<HttpCorsFilter>("HTTPCORSFilter", "Lets pages of other origins call. GEP-1767.")
          .field<&HttpCorsFilter::allow_origins>("allowOrigins", "Origins; `*` stands for labels.",
                                                 items(0, 64), each(length(1, 253)))
          .field<&HttpCorsFilter::allow_credentials>("allowCredentials",
                                                     "Whether cookies may be sent.")
          .field<&HttpCorsFilter::allow_methods>("allowMethods", "Methods.", items(0, 9))
          .field<&HttpCorsFilter::allow_headers>("allowHeaders", "Request headers.", items(0, 64))
          .field<&HttpCorsFilter::expose_headers>(
              "exposeHeaders", "Response headers that scripts may read.", items(0, 64))
          .field<&HttpCorsFilter::max_age>("maxAge", "Seconds that a browser may remember this.",
                                           min(1));
  return schema;
}

const Schema& schema_of(const HttpRouteFilter*) {
  static const Schema schema =
      object<HttpRouteFilter>(
          "HTTPRouteFilter",
          "A step in the handling of requests; exactly the member that `type` names is set.")
          .field<&HttpRouteFilter::type>("type", "Which step.", required())
          .field<&HttpRouteFilter::request_header_modifier>("requestHeaderModifier",
                                                            "Changes request headers.")
          .field<&HttpRouteFilter::response_header_modifier>("responseHeaderModifier",
                                                             "Changes response headers.")
          .field<&HttpRouteFilter::request_mirror>("requestMirror", "Sends a copy elsewhere.")
          .field<&HttpRouteFilter::request_redirect>("requestRedirect", "Answers with a redirect.")
          .field<&HttpRouteFilter::url_rewrite>("urlRewrite", "Changes host or path.")
          .field<&HttpRouteFilter::cors>("cors", "Lets pages of other origins call.")
          .field<&HttpRouteFilter::extension_ref>("extensionRef", "A filter of the implementation.")
          .rule(
              "has(self.requestHeaderModifier) == (self.type == 'RequestHeaderModifier')",
              "requestHeaderModifier must be set where type is RequestHeaderModifier, and only there")
          .rule(
              "has(self.responseHeaderModifier) == (self.type == 'ResponseHeaderModifier')",
              "responseHeaderModifier must be set where type is ResponseHeaderModifier, and only there")
          .rule("has(self.requestMirror) == (self.type == 'RequestMirror')",
                "requestMirror must be set where type is RequestMirror, and only there")
          .rule("has(self.requestRedirect) == (self.type == 'RequestRedirect')",
                "requestRedirect must be set where type is RequestRedirect, and only there")
          .rule("has(self.urlRewrite) == (self.type == 'URLRewrite')",
                "urlRewrite must be set where type is URLRewrite, and only there")
          .rule("has(self.cors) == (self.type == 'CORS')",
                "cors must be set where type is CORS, and only there")
          .rule("has(self.extensionRef) == (self.type == 'ExtensionRef')",
                "extensionRef must be set where type is ExtensionRef, and only there");
  return schema;
}

const Schema& schema_of(const HttpBackendRef*) {
  static const Schema schema =
      object<HttpBackendRef>("HTTPBackendRef", "A backend and its share of the requests.")
          .field<&HttpBackendRef::ref>("", "The backend.", embedded())
          .field<&HttpBackendRef::weight>(
              "weight", "Share, in relation to the other backends' weights.", min(0), max(1000000))
          .field<&HttpBackendRef::filters>("filters", "Steps for requests to this backend alone.",
                                           items(0, 16));
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
          .field<&HttpRouteRetry::codes>("codes", "Statuses to try again on.",
                                         each(min(400), max(599)))
          .field<&HttpRouteRetry::attempts>("attempts", "How often.", min(0))
          .field<&HttpRouteRetry::backoff>("backoff", "Least pause between tries.");
  return schema;
}

const Schema& schema_of(const HttpRouteRule*) {
  static const Schema schema =
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
              "!has(self.filters) || self.filters.filter(f, f.type == 'RequestRedirect').size() <= 1",
              "RequestRedirect must stand at most once")
          .rule(
              "!has(self.filters) || self.filters.filter(f, f.type == 'RequestHeaderModifier').size() <= 1",
              "RequestHeaderModifier must stand at most once: write all its changes into one")
          .rule(
              "!has(self.filters) || self.filters.filter(f, f.type == 'ResponseHeaderModifier').size() <= 1",
              "ResponseHeaderModifier must stand at most once: write all its changes into one")
          .rule("!has(self.filters) || self.filters.filter(f, f.type == 'URLRewrite').size() <= 1",
                "URLRewrite must stand at most once")
          .rule(
              "!has(self.filters) || !(self.filters.exists(f, f.type == 'RequestRedirect') && self.filters.exists(f, f.type == 'URLRewrite'))",
              "RequestRedirect and URLRewrite exclude each other");
  return schema;
}

const Schema& schema_of(const HttpRouteSpec*) {
  static const Schema schema =
      object<HttpRouteSpec>("HTTPRouteSpec", "Which requests of which Gateways go where.")
          .field<&HttpRouteSpec::parent_refs>("parentRefs", "Gateways to attach to.", items(0, 32))
          .field<&HttpRouteSpec::hostnames>("hostnames", "Hosts; the listeners' where empty.",
                                            items(0, 16),
                                            each(length(1, 253), pattern(kHostnamePattern)))
          .field<&HttpRouteSpec::rules>("rules", "Rules; the most specific match wins.",
                                        items(1, 16));
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

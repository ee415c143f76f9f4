#include "api/gateway/tables.h"

namespace limen::api {

using schema::each;
using schema::items;
using schema::length;
using schema::max;
using schema::min;
using schema::object;
using schema::one_of;
using schema::pattern;
using schema::required;
using schema::unique;
using schema::unique_by;

constexpr char kOriginPattern[] =
    R"((^\*$)|(^(http(s)?):\/\/(((\*\.)?([a-zA-Z0-9\-]+\.)*[a-zA-Z0-9-]+|\*)(:([0-9]{1,5}))?)$))";

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

std::vector<std::string_view> names_of(const ExternalAuthProtocol*) { return {"HTTP", "GRPC"}; }

const Schema& schema_of(const HttpHeader*) {
  static const Schema schema =
      object<HttpHeader>("HTTPHeader", "A header.")
          .field<&HttpHeader::name>("name", "Name.", required(), length(1, 256),
                                    pattern(kTokenPattern))
          .field<&HttpHeader::value>("value", "Value.", required(), length(1, 4096),
                                     pattern(kHeaderValuePattern));
  return schema;
}

const Schema& schema_of(const HttpHeaderFilter*) {
  static const Schema schema =
      object<HttpHeaderFilter>("HTTPHeaderFilter", "Changes to headers.")
          .field<&HttpHeaderFilter::set>("set", "Headers to overwrite.", items(0, 16),
                                         unique_by({"name"}))
          .field<&HttpHeaderFilter::add>("add", "Headers to append.", items(0, 16),
                                         unique_by({"name"}))
          .field<&HttpHeaderFilter::remove>("remove", "Headers to remove.", items(0, 16), unique());
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
                                                 items(0, 64), unique(),
                                                 each(length(1, 253), pattern(kOriginPattern)))
          .field<&HttpCorsFilter::allow_credentials>("allowCredentials",
                                                     "Whether cookies may be sent.")
          .field<&HttpCorsFilter::allow_methods>(
              "allowMethods", "Methods, or `*`.", items(0, 9), unique(),
              each(one_of({"GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE",
                           "PATCH", "*"})))
          .field<&HttpCorsFilter::allow_headers>("allowHeaders", "Request headers, or `*`.",
                                                 items(0, 64), unique(),
                                                 each(length(1, 256), pattern(kTokenPattern)))
          .field<&HttpCorsFilter::expose_headers>(
              "exposeHeaders", "Response headers that scripts may read.", items(0, 64), unique(),
              each(length(1, 256), pattern(kTokenPattern)))
          .field<&HttpCorsFilter::max_age>("maxAge", "Seconds that a browser may remember this.",
                                           min(1))
          .rule(
              "!has(self.allowOrigins) || !('*' in self.allowOrigins) || size(self.allowOrigins) == 1",
              "'*' must be the only one of allowOrigins")
          .rule(
              "!has(self.allowMethods) || !('*' in self.allowMethods) || size(self.allowMethods) == 1",
              "'*' must be the only one of allowMethods")
          .rule(
              "!has(self.allowHeaders) || !('*' in self.allowHeaders) || size(self.allowHeaders) == 1",
              "'*' must be the only one of allowHeaders");
  return schema;
}

const Schema& schema_of(const HttpAuthConfig*) {
  static const Schema schema =
      object<HttpAuthConfig>("HTTPAuthConfig", "A service that speaks HTTP.")
          .field<&HttpAuthConfig::path>("path", "What is put before the path of its requests.",
                                        length(0, 1024), pattern(kPathPattern))
          .field<&HttpAuthConfig::allowed_headers>(
              "allowedHeaders", "Request headers that it is sent, besides those it always is.",
              items(0, 64), unique())
          .field<&HttpAuthConfig::allowed_response_headers>(
              "allowedResponseHeaders",
              "Headers of its answer that the backend is sent; all where empty.", items(0, 64),
              unique());
  return schema;
}

const Schema& schema_of(const GrpcAuthConfig*) {
  static const Schema schema =
      object<GrpcAuthConfig>("GRPCAuthConfig", "A service that speaks ext_authz over gRPC.")
          .field<&GrpcAuthConfig::allowed_headers>(
              "allowedHeaders", "Request headers that it is sent; all where empty.", items(0, 64),
              unique());
  return schema;
}

const Schema& schema_of(const ForwardBodyConfig*) {
  static const Schema schema =
      object<ForwardBodyConfig>("ForwardBodyConfig", "Whether the service sees bodies.")
          .field<&ForwardBodyConfig::max_size>(
              "maxSize", "Largest body that is sent, in bytes; 0 is none.", min(0));
  return schema;
}

const Schema& schema_of(const HttpExternalAuthFilter*) {
  static const Schema schema =
      object<HttpExternalAuthFilter>("HTTPExternalAuthFilter",
                                     "Asks a service whether a request may pass. GEP-1494.")
          .field<&HttpExternalAuthFilter::protocol>("protocol", "What the service speaks.",
                                                    required())
          .field<&HttpExternalAuthFilter::backend_ref>("backendRef", "The service.", required())
          .field<&HttpExternalAuthFilter::grpc>("grpc", "Settings for GRPC.")
          .field<&HttpExternalAuthFilter::http>("http", "Settings for HTTP.")
          .field<&HttpExternalAuthFilter::forward_body>("forwardBody",
                                                        "Whether the service sees bodies.")
          .rule("has(self.grpc) == (self.protocol == 'GRPC')",
                "grpc must be set where protocol is GRPC, and only there")
          .rule("has(self.http) == (self.protocol == 'HTTP')",
                "http must be set where protocol is HTTP, and only there");
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
          .field<&HttpRouteFilter::external_auth>("externalAuth",
                                                  "Asks a service whether the request may pass.")
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
          .rule("has(self.externalAuth) == (self.type == 'ExternalAuth')",
                "externalAuth must be set where type is ExternalAuth, and only there")
          .rule("has(self.extensionRef) == (self.type == 'ExtensionRef')",
                "extensionRef must be set where type is ExtensionRef, and only there");
  return schema;
}

}  // namespace limen::api

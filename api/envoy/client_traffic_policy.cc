#include "api/envoy/tables.h"

namespace limen::api {

using schema::int_or_string;
using schema::items;
using schema::length;
using schema::not_in_effect;
using schema::object;
using schema::required;
using schema::unique_by;

std::vector<std::string_view> names_of(const EscapedSlashesAction*) {
  return {"KeepUnchanged", "RejectRequest", "UnescapeAndForward", "UnescapeAndRedirect"};
}
std::vector<std::string_view> names_of(const ForwardClientCertMode*) {
  return {"Sanitize", "ForwardOnly", "AppendForward", "SanitizeSet", "AlwaysForwardOnly"};
}
std::vector<std::string_view> names_of(const ClientCertDetail*) {
  return {"Subject", "Cert", "Chain", "DNS", "URI"};
}
std::vector<std::string_view> names_of(const UnderscoresAction*) {
  return {"Allow", "RejectRequest", "DropHeader"};
}
std::vector<std::string_view> names_of(const RequestIdAction*) {
  return {"PreserveOrGenerate", "Preserve", "Generate", "Disable"};
}
std::vector<std::string_view> names_of(const SchemeHeaderTransform*) {
  return {"Preserve", "MatchBackend"};
}

const Schema& schema_of(const PathSettings*) {
  static const Schema schema =
      object<PathSettings>("PathSettings", "How paths are made plain.")
          .field<&PathSettings::escaped_slashes_action>(
              "escapedSlashesAction",
              "What becomes of %2F and %5C; UnescapeAndRedirect where unset.")
          .field<&PathSettings::disable_merge_slashes>("disableMergeSlashes",
                                                       "Whether // stays //.");
  return schema;
}

const Schema& schema_of(const XForwardedClientCert*) {
  static const Schema schema =
      object<XForwardedClientCert>("XForwardedClientCert",
                                   "The header X-Forwarded-Client-Cert for backends.")
          .field<&XForwardedClientCert::mode>(
              "mode", "What becomes of it. Sanitize, where unset: it is removed.")
          .field<&XForwardedClientCert::cert_details_to_add>(
              "certDetailsToAdd", "What of the certificate is told besides its hash.", items(0, 5))
          .rule(
              "!has(self.certDetailsToAdd) || size(self.certDetailsToAdd) == 0 || (has(self.mode) && self.mode in ['AppendForward', 'SanitizeSet'])",
              "certDetailsToAdd needs mode AppendForward or SanitizeSet");
  return schema;
}

const Schema& schema_of(const EnvoyHeaderFilter*) {
  static const Schema schema =
      object<EnvoyHeaderFilter>("EnvoyHTTPHeaderFilter", "Changes to headers.")
          .field<&EnvoyHeaderFilter::set>("set", "Headers to overwrite.", items(0, 64),
                                          unique_by({"name"}))
          .field<&EnvoyHeaderFilter::add>("add", "Headers to append.", items(0, 64),
                                          unique_by({"name"}))
          .field<&EnvoyHeaderFilter::add_if_absent>("addIfAbsent", "Headers to add if not there.",
                                                    items(0, 64), unique_by({"name"}))
          .field<&EnvoyHeaderFilter::remove>("remove", "Headers to remove.", items(0, 64))
          .field<&EnvoyHeaderFilter::remove_on_match>(
              "removeOnMatch", "Headers to remove, by their names.", items(0, 64));
  return schema;
}

const Schema& schema_of(const HostHeaderSettings*) {
  static const Schema schema =
      object<HostHeaderSettings>("HostHeaderSettings", "The header Host.")
          .field<&HostHeaderSettings::strip_trailing_host_dot>(
              "stripTrailingHostDot", "Whether a dot at the end of the name is removed.");
  return schema;
}

const Schema& schema_of(const HeaderSettings*) {
  static const Schema schema =
      object<HeaderSettings>("HeaderSettings", "Headers.")
          .field<&HeaderSettings::enable_envoy_headers>(
              "enableEnvoyHeaders", "Whether Envoy adds headers of its own (x-envoy-...).")
          .field<&HeaderSettings::disable_rate_limit_headers>(
              "disableRateLimitHeaders", "Whether limits are not told.", not_in_effect())
          .field<&HeaderSettings::x_forwarded_client_cert>(
              "xForwardedClientCert", "The header X-Forwarded-Client-Cert for backends.")
          .field<&HeaderSettings::with_underscores_action>(
              "withUnderscoresAction",
              "What becomes of headers with '_' in the name; RejectRequest where unset.")
          .field<&HeaderSettings::preserve_x_request_id>(
              "preserveXRequestID", "Deprecated: use requestID PreserveOrGenerate.")
          .field<&HeaderSettings::request_id>("requestID",
                                              "What becomes of X-Request-ID; Generate where unset.")
          .field<&HeaderSettings::early_request_headers>(
              "earlyRequestHeaders", "Changes to requests before they are routed.")
          .field<&HeaderSettings::late_response_headers>("lateResponseHeaders",
                                                         "Changes to all answers.")
          .field<&HeaderSettings::host>("host", "The header Host.")
          .field<&HeaderSettings::max_request_header_limit>(
              "maxRequestHeaderLimit", "Bytes of all headers of a request; 60Ki where unset.",
              int_or_string())
          .rule("!(has(self.preserveXRequestID) && has(self.requestID))",
                "set only one of preserveXRequestID and requestID");
  return schema;
}

const Schema& schema_of(const Http3Settings*) {
  static const Schema schema = object<Http3Settings>("HTTP3Settings", "HTTP/3.");
  return schema;
}

const Schema& schema_of(const GrpcSettings*) {
  static const Schema schema =
      object<GrpcSettings>("GRPCSettings", "gRPC.")
          .field<&GrpcSettings::enable_web>(
              "enableWeb", "Whether gRPC-Web is served. GRPCRoutes always do.", not_in_effect());
  return schema;
}

const Schema& schema_of(const HealthCheckSettings*) {
  static const Schema schema =
      object<HealthCheckSettings>("HealthCheckSettings", "A path that Envoy answers itself.")
          .field<&HealthCheckSettings::path>("path", "The path.", required(), length(1, 1024));
  return schema;
}

const Schema& schema_of(const ClientTrafficPolicySpec*) {
  using Spec = ClientTrafficPolicySpec;
  static const Schema schema =
      object<Spec>("ClientTrafficPolicySpec", "How it deals with clients.")
          .base<PolicyTargetReferences>("Who.")
          .field<&Spec::tcp_keepalive>("tcpKeepalive",
                                       "Whether clients are still there is asked by TCP.")
          .field<&Spec::enable_proxy_protocol>("enableProxyProtocol",
                                               "Deprecated: use proxyProtocol.")
          .field<&Spec::proxy_protocol>(
              "proxyProtocol", "Who connects is told by a load balancer, by the PROXY protocol.")
          .field<&Spec::client_ip_detection>("clientIPDetection",
                                             "How a client's address is found.")
          .field<&Spec::tls>("tls", "TLS with clients.")
          .field<&Spec::path>("path", "How paths are made plain.")
          .field<&Spec::headers>("headers", "Headers.")
          .field<&Spec::timeout>("timeout", "Timeouts.")
          .field<&Spec::connection>("connection", "Connections of clients.")
          .field<&Spec::http1>("http1", "HTTP/1.")
          .field<&Spec::http2>("http2", "HTTP/2.")
          .field<&Spec::http3>("http3", "HTTP/3.", not_in_effect())
          .field<&Spec::grpc>("grpc", "gRPC.")
          .field<&Spec::health_check>("healthCheck", "A path that Envoy answers itself.")
          .field<&Spec::scheme>("scheme",
                                "What backends take for the scheme; the client's where unset.")
          .rule(
              "(!has(self.targetRef) || self.targetRef.kind in ['Gateway', 'ListenerSet']) && (!has(self.targetRefs) || self.targetRefs.all(r, r.kind in ['Gateway', 'ListenerSet'])) && (!has(self.targetSelectors) || self.targetSelectors.all(r, r.kind in ['Gateway', 'ListenerSet']))",
              "a target must be a Gateway or ListenerSet");
  return schema;
}

const Schema& schema_of(const ClientTrafficPolicy*) {
  static const Schema schema =
      object<ClientTrafficPolicy>("ClientTrafficPolicy",
                                  "How a Gateway, a ListenerSet or one of their listeners deals "
                                  "with its clients.")
          .field<&ClientTrafficPolicy::metadata>("metadata", kMetadata, required())
          .field<&ClientTrafficPolicy::spec>("spec", "How.", required())
          .field<&ClientTrafficPolicy::status>("status", "Written by the controller.");
  return schema;
}

}  // namespace limen::api

// ClientTrafficPolicy: how a Gateway, a ListenerSet or one of their listeners deals with its
// clients.  Source: gateway.envoyproxy.io/v1alpha1.  A field that has no effect yet (not_in_effect
// in the table) is told in the policy's status.
#pragma once

#include "api/envoy/client_connection.h"
#include "api/envoy/client_tls.h"
#include "api/gateway/http_filters.h"

namespace limen::api {

enum class EscapedSlashesAction {
  kKeepUnchanged,
  kRejectRequest,
  kUnescapeAndForward,
  kUnescapeAndRedirect,
};

struct PathSettings {
  std::optional<EscapedSlashesAction> escaped_slashes_action;  // unset: kUnescapeAndRedirect
  std::optional<bool> disable_merge_slashes;
  bool operator==(const PathSettings&) const = default;
};

// Of X-Forwarded-Client-Cert.
enum class ForwardClientCertMode {
  kSanitize,
  kForwardOnly,
  kAppendForward,
  kSanitizeSet,
  kAlwaysForwardOnly,
};
enum class ClientCertDetail { kSubject, kCert, kChain, kDns, kUri };

struct XForwardedClientCert {
  std::optional<ForwardClientCertMode> mode;  // unset: kSanitize
  std::vector<ClientCertDetail> cert_details_to_add;
  bool operator==(const XForwardedClientCert&) const = default;
};

enum class UnderscoresAction { kAllow, kRejectRequest, kDropHeader };
enum class RequestIdAction { kPreserveOrGenerate, kPreserve, kGenerate, kDisable };

// Envoy Gateway's own, which has more than Gateway API's.
struct EnvoyHeaderFilter {
  std::vector<HttpHeader> set, add, add_if_absent;
  std::vector<std::string> remove;
  std::vector<StringMatch> remove_on_match;  // on names
  bool operator==(const EnvoyHeaderFilter&) const = default;
};

struct HostHeaderSettings {
  std::optional<bool> strip_trailing_host_dot;
  bool operator==(const HostHeaderSettings&) const = default;
};

struct HeaderSettings {
  std::optional<bool> enable_envoy_headers, disable_rate_limit_headers;
  std::optional<XForwardedClientCert> x_forwarded_client_cert;
  std::optional<UnderscoresAction> with_underscores_action;  // unset: kRejectRequest
  std::optional<bool> preserve_x_request_id;                 // deprecated
  std::optional<RequestIdAction> request_id;                 // unset: kGenerate
  std::optional<EnvoyHeaderFilter> early_request_headers, late_response_headers;
  std::optional<HostHeaderSettings> host;
  Json max_request_header_limit;  // bytes; unset: 60Ki
  bool operator==(const HeaderSettings&) const = default;
};

struct Http3Settings {
  bool operator==(const Http3Settings&) const = default;
};

struct GrpcSettings {
  std::optional<bool> enable_web;
  bool operator==(const GrpcSettings&) const = default;
};

struct HealthCheckSettings {
  std::string path;
  bool operator==(const HealthCheckSettings&) const = default;
};

enum class SchemeHeaderTransform { kPreserve, kMatchBackend };

struct ClientTrafficPolicySpec : PolicyTargetReferences {
  std::optional<TcpKeepalive> tcp_keepalive;
  std::optional<bool> enable_proxy_protocol;  // deprecated; proxy_protocol beats it
  std::optional<ProxyProtocolSettings> proxy_protocol;
  std::optional<ClientIpDetectionSettings> client_ip_detection;
  std::optional<ClientTlsSettings> tls;
  std::optional<PathSettings> path;
  std::optional<HeaderSettings> headers;
  std::optional<ClientTimeout> timeout;
  std::optional<ClientConnection> connection;
  std::optional<Http1Settings> http1;
  std::optional<Http2Settings> http2;
  std::optional<Http3Settings> http3;
  std::optional<GrpcSettings> grpc;
  std::optional<HealthCheckSettings> health_check;
  std::optional<SchemeHeaderTransform> scheme;  // unset: kPreserve
  bool operator==(const ClientTrafficPolicySpec&) const = default;
};

struct ClientTrafficPolicy {
  ObjectMeta metadata;
  ClientTrafficPolicySpec spec;
  PolicyStatus status;
  bool is_stand_in = false;  // nothing but its targets could be read; no field of the API
  bool operator==(const ClientTrafficPolicy&) const = default;
};

}  // namespace limen::api

// Tables of the kinds of gateway.envoyproxy.io.  For api/**.cc.
#pragma once

#include "api/envoy/backend.h"
#include "api/envoy/client_traffic_policy.h"
#include "api/envoy/envoy_proxy.h"
#include "api/envoy/route_filter.h"
#include "api/envoy/security_policy.h"
#include "api/gateway/tables.h"
#include "api/meta/tables.h"

namespace limen::api {

std::vector<std::string_view> names_of(const BackendType*);
const Schema& schema_of(const FqdnEndpoint*);
const Schema& schema_of(const IpEndpoint*);
const Schema& schema_of(const UnixSocket*);
const Schema& schema_of(const BackendEndpoint*);
const Schema& schema_of(const BackendSpec*);
const Schema& schema_of(const BackendStatus*);
const Schema& schema_of(const Backend*);

std::vector<std::string_view> names_of(const PatchType*);
std::vector<std::string_view> names_of(const ServiceType*);
std::vector<std::string_view> names_of(const ExternalTrafficPolicy*);
const Schema& schema_of(const KubernetesPatch*);
const Schema& schema_of(const KubernetesPod*);
const Schema& schema_of(const KubernetesContainer*);
const Schema& schema_of(const KubernetesDaemonSet*);
const Schema& schema_of(const KubernetesDeployment*);
const Schema& schema_of(const KubernetesService*);
const Schema& schema_of(const KubernetesHorizontalPodAutoscaler*);
const Schema& schema_of(const KubernetesPodDisruptionBudget*);
const Schema& schema_of(const KubernetesServiceAccount*);
const Schema& schema_of(const EnvoyProxyKubernetesProvider*);

std::vector<std::string_view> names_of(const ProviderType*);
std::vector<std::string_view> names_of(const LogLevel*);
std::vector<std::string_view> names_of(const BootstrapType*);
const Schema& schema_of(const EnvoyProxyHostProvider*);
const Schema& schema_of(const EnvoyProxyProvider*);
const Schema& schema_of(const EnvoyProxyLogging*);
const Schema& schema_of(const JsonPatchOperation*);
const Schema& schema_of(const ProxyBootstrap*);
const Schema& schema_of(const ShutdownConfig*);
std::vector<std::string_view> names_of(const GeoIpProviderType*);
const Schema& schema_of(const LocalGeoIpDatabase*);
const Schema& schema_of(const GeoIpDatabaseSource*);
const Schema& schema_of(const MaxMindDatabases*);
const Schema& schema_of(const GeoIpProvider*);
const Schema& schema_of(const GeoIp*);
const Schema& schema_of(const EnvoyProxySpec*);
const Schema& schema_of(const EnvoyProxy*);

std::vector<std::string_view> names_of(const LoadBalancerType*);
std::vector<std::string_view> names_of(const ConsistentHashType*);
std::vector<std::string_view> names_of(const PayloadType*);
std::vector<std::string_view> names_of(const HealthCheckerType*);
std::vector<std::string_view> names_of(const HealthCheckLogSinkType*);
std::vector<std::string_view> names_of(const HealthCheckLogMatch*);
std::vector<std::string_view> names_of(const RetryTrigger*);
std::vector<std::string_view> names_of(const ProxyProtocolVersion*);
std::vector<std::string_view> names_of(const DnsLookupFamily*);
const Schema& schema_of(const HashedName*);
const Schema& schema_of(const HashedCookie*);
const Schema& schema_of(const ConsistentHash*);
const Schema& schema_of(const OutOfBandReports*);
const Schema& schema_of(const BackendUtilization*);
const Schema& schema_of(const DynamicModuleLoadBalancer*);
const Schema& schema_of(const EndpointOverrideSource*);
const Schema& schema_of(const EndpointOverride*);
const Schema& schema_of(const SlowStart*);
const Schema& schema_of(const ForceLocalZone*);
const Schema& schema_of(const PreferLocalZone*);
const Schema& schema_of(const WeightedZone*);
const Schema& schema_of(const ZoneAware*);
const Schema& schema_of(const LoadBalancer*);
const Schema& schema_of(const HealthCheckPayload*);
const Schema& schema_of(const HttpHealthChecker*);
const Schema& schema_of(const TcpHealthChecker*);
const Schema& schema_of(const GrpcHealthChecker*);
const Schema& schema_of(const HealthCheckOverrides*);
const Schema& schema_of(const HealthCheckLogFile*);
const Schema& schema_of(const HealthCheckLogSink*);
const Schema& schema_of(const HealthCheckLog*);
const Schema& schema_of(const ActiveHealthCheck*);
const Schema& schema_of(const PassiveHealthCheck*);
const Schema& schema_of(const HealthCheck*);
const Schema& schema_of(const RetryOn*);
const Schema& schema_of(const BackOff*);
const Schema& schema_of(const PerRetry*);
const Schema& schema_of(const Retry*);
const Schema& schema_of(const ProxyProtocol*);
const Schema& schema_of(const PerEndpointCircuitBreaker*);
const Schema& schema_of(const RetryBudget*);
const Schema& schema_of(const CircuitBreaker*);
const Schema& schema_of(const TcpTimeout*);
const Schema& schema_of(const HttpTimeout*);
const Schema& schema_of(const Timeout*);
const Schema& schema_of(const Preconnect*);
const Schema& schema_of(const BackendConnection*);
const Schema& schema_of(const Dns*);

std::vector<std::string_view> names_of(const MergeType*);
std::vector<std::string_view> names_of(const StringMatchType*);
std::vector<std::string_view> names_of(const ValueSource*);
const Schema& schema_of(const TargetSelectorNamespaces*);
const Schema& schema_of(const TargetSelector*);
const Schema& schema_of(const PolicyTargetReferences*);
const Schema& schema_of(const StringMatch*);
const Schema& schema_of(const FallbackBackendRef*);
const Schema& schema_of(const BackendCluster*);
const Schema& schema_of(const LocalSecretOrConfigMapKey*);

const Schema& schema_of(const ExtractFrom*);
const Schema& schema_of(const ApiKeyAuth*);
const Schema& schema_of(const BasicAuth*);
const Schema& schema_of(const RemoteJwks*);
const Schema& schema_of(const LocalJwks*);
const Schema& schema_of(const ClaimToHeader*);
const Schema& schema_of(const JwtHeaderExtractor*);
const Schema& schema_of(const JwtExtractor*);
const Schema& schema_of(const JwtProvider*);
const Schema& schema_of(const Jwt*);
const Schema& schema_of(const OidcProvider*);
const Schema& schema_of(const OidcCookieNames*);
const Schema& schema_of(const OidcCookieConfig*);
const Schema& schema_of(const OidcDenyRedirectHeader*);
const Schema& schema_of(const OidcDenyRedirect*);
const Schema& schema_of(const OidcForwardIdToken*);
const Schema& schema_of(const Oidc*);

std::vector<std::string_view> names_of(const ContextExtensionType*);
std::vector<std::string_view> names_of(const AuthorizationAction*);
std::vector<std::string_view> names_of(const JwtClaimValueType*);
const Schema& schema_of(const GrpcExtAuthService*);
const Schema& schema_of(const HttpExtAuthService*);
const Schema& schema_of(const BodyToExtAuth*);
const Schema& schema_of(const ContextExtension*);
const Schema& schema_of(const ExtAuth*);
const Schema& schema_of(const Operation*);
const Schema& schema_of(const AuthorizationHeaderMatch*);
const Schema& schema_of(const JwtClaim*);
const Schema& schema_of(const JwtPrincipal*);
const Schema& schema_of(const AnonymousNetwork*);
const Schema& schema_of(const GeoLocation*);
const Schema& schema_of(const Principal*);
const Schema& schema_of(const AuthorizationRule*);
const Schema& schema_of(const Authorization*);

const Schema& schema_of(const ClientCredentials*);
const Schema& schema_of(const InjectedCredential*);
const Schema& schema_of(const CredentialInjection*);
const Schema& schema_of(const RouteFilterSpec*);
const Schema& schema_of(const RouteFilter*);

const Schema& schema_of(const Cors*);
const Schema& schema_of(const Csrf*);
const Schema& schema_of(const SecurityPolicySpec*);
const Schema& schema_of(const SecurityPolicy*);

std::vector<std::string_view> names_of(const TlsVersion*);
std::vector<std::string_view> names_of(const AlpnProtocol*);
const Schema& schema_of(const TlsSettings*);
const Schema& schema_of(const BackendTlsConfig*);
const Schema& schema_of(const BackendTlsSettings*);

std::vector<std::string_view> names_of(const TlsFingerprint*);
std::vector<std::string_view> names_of(const ClientValidationMode*);
const Schema& schema_of(const OtherNameMatch*);
const Schema& schema_of(const SubjectAltNames*);
const Schema& schema_of(const CrlContext*);
const Schema& schema_of(const ClientValidationContext*);
const Schema& schema_of(const StatelessTlsSessionResumption*);
const Schema& schema_of(const StatefulTlsSessionResumption*);
const Schema& schema_of(const SessionResumption*);
const Schema& schema_of(const TlsSession*);
const Schema& schema_of(const ClientTlsSettings*);

std::vector<std::string_view> names_of(const InvalidMessageAction*);
const Schema& schema_of(const TcpKeepalive*);
const Schema& schema_of(const ProxyProtocolSettings*);
const Schema& schema_of(const XForwardedForSettings*);
const Schema& schema_of(const CustomHeaderSettings*);
const Schema& schema_of(const DirectSourceIp*);
const Schema& schema_of(const ClientIpDetectionSettings*);
const Schema& schema_of(const TcpClientTimeout*);
const Schema& schema_of(const HttpClientTimeout*);
const Schema& schema_of(const ClientTimeout*);
const Schema& schema_of(const ConnectionLimit*);
const Schema& schema_of(const ClientConnection*);
const Schema& schema_of(const Http10Settings*);
const Schema& schema_of(const Http1Settings*);
const Schema& schema_of(const Http2ConnectionKeepalive*);
const Schema& schema_of(const Http2Settings*);

std::vector<std::string_view> names_of(const EscapedSlashesAction*);
std::vector<std::string_view> names_of(const ForwardClientCertMode*);
std::vector<std::string_view> names_of(const ClientCertDetail*);
std::vector<std::string_view> names_of(const UnderscoresAction*);
std::vector<std::string_view> names_of(const RequestIdAction*);
std::vector<std::string_view> names_of(const SchemeHeaderTransform*);
const Schema& schema_of(const PathSettings*);
const Schema& schema_of(const XForwardedClientCert*);
const Schema& schema_of(const EnvoyHeaderFilter*);
const Schema& schema_of(const HostHeaderSettings*);
const Schema& schema_of(const HeaderSettings*);
const Schema& schema_of(const Http3Settings*);
const Schema& schema_of(const GrpcSettings*);
const Schema& schema_of(const HealthCheckSettings*);
const Schema& schema_of(const ClientTrafficPolicySpec*);
const Schema& schema_of(const ClientTrafficPolicy*);

inline constexpr schema::Form kCidrPattern = {
    R"(^([0-9]{1,3}\.){3}[0-9]{1,3}/[0-9]{1,2}$|^[0-9a-fA-F]*:[0-9a-fA-F:.]*/[0-9]{1,3}$)",
    "a range of addresses such as 192.0.2.0/24 or 2001:db8::/32"};

}  // namespace limen::api

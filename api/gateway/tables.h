// Tables of the Gateway API's kinds.  For api/**.cc.
#pragma once

#include "api/gateway/backend_tls_policy.h"
#include "api/gateway/gateway.h"
#include "api/gateway/gateway_class.h"
#include "api/gateway/grpc_route.h"
#include "api/gateway/http_route.h"
#include "api/gateway/listener_set.h"
#include "api/gateway/reference_grant.h"
#include "api/gateway/stream_routes.h"
#include "api/meta/tables.h"

namespace limen::api {

// A rule of the specs of routes whose rules have names.
inline constexpr char kRuleNamesDiffer[] =
    "!has(self.rules) || self.rules.all(l1, !has(l1.name) || self.rules.exists_one(l2, has(l2.name) && l1.name == l2.name))";
inline constexpr char kRuleNamesDifferMessage[] = "names of rules must differ";

const Schema& schema_of(const GatewayClassSpec*);
const Schema& schema_of(const SupportedFeature*);
const Schema& schema_of(const GatewayClassStatus*);
const Schema& schema_of(const GatewayClass*);

std::vector<std::string_view> names_of(const TlsMode*);
std::vector<std::string_view> names_of(const FromNamespaces*);
std::vector<std::string_view> names_of(const ListenerFilterType*);
const Schema& schema_of(const RouteGroupKind*);
const Schema& schema_of(const RouteNamespaces*);
const Schema& schema_of(const AllowedRoutes*);
const Schema& schema_of(const ListenerTlsConfig*);
const Schema& schema_of(const ListenerFilter*);
const Schema& schema_of(const ListenerFilters*);
const Schema& schema_of(const Listener*);
const Schema& schema_of(const ListenerStatus*);

std::vector<std::string_view> names_of(const FrontendValidationMode*);
const Schema& schema_of(const FrontendTlsValidation*);
const Schema& schema_of(const TlsConfig*);
const Schema& schema_of(const TlsPortConfig*);
const Schema& schema_of(const FrontendTlsConfig*);
const Schema& schema_of(const GatewayBackendTls*);
const Schema& schema_of(const GatewayTlsConfig*);

std::vector<std::string_view> names_of(const ListenerSetsFrom*);
const Schema& schema_of(const GatewaySpecAddress*);
const Schema& schema_of(const GatewayInfrastructure*);
const Schema& schema_of(const ListenerNamespaces*);
const Schema& schema_of(const AllowedListeners*);
const Schema& schema_of(const GatewaySpec*);
const Schema& schema_of(const GatewayStatusAddress*);
const Schema& schema_of(const GatewayStatus*);
const Schema& schema_of(const Gateway*);

const Schema& schema_of(const ListenerSetSpec*);
const Schema& schema_of(const ListenerSetStatus*);
const Schema& schema_of(const ListenerSet*);

const Schema& schema_of(const ReferenceGrantFrom*);
const Schema& schema_of(const ReferenceGrantTo*);
const Schema& schema_of(const ReferenceGrantSpec*);
const Schema& schema_of(const ReferenceGrant*);

std::vector<std::string_view> names_of(const SubjectAltNameType*);
const Schema& schema_of(const LocalPolicyTargetReferenceWithSectionName*);
const Schema& schema_of(const PolicyAncestorStatus*);
const Schema& schema_of(const PolicyStatus*);
const Schema& schema_of(const SubjectAltName*);
const Schema& schema_of(const BackendTlsPolicyValidation*);
const Schema& schema_of(const BackendTlsPolicySpec*);
const Schema& schema_of(const BackendTlsPolicy*);

std::vector<std::string_view> names_of(const PathModifierType*);
std::vector<std::string_view> names_of(const ExternalAuthProtocol*);
std::vector<std::string_view> names_of(const HttpFilterType*);
const Schema& schema_of(const HttpHeader*);
const Schema& schema_of(const HttpHeaderFilter*);
const Schema& schema_of(const HttpPathModifier*);
const Schema& schema_of(const HttpRequestRedirectFilter*);
const Schema& schema_of(const HttpUrlRewriteFilter*);
const Schema& schema_of(const HttpRequestMirrorFilter*);
const Schema& schema_of(const HttpCorsFilter*);
const Schema& schema_of(const HttpAuthConfig*);
const Schema& schema_of(const GrpcAuthConfig*);
const Schema& schema_of(const ForwardBodyConfig*);
const Schema& schema_of(const HttpExternalAuthFilter*);
const Schema& schema_of(const HttpRouteFilter*);

std::vector<std::string_view> names_of(const PathMatchType*);
std::vector<std::string_view> names_of(const ValueMatchType*);
std::vector<std::string_view> names_of(const HttpMethod*);
const Schema& schema_of(const HttpPathMatch*);
const Schema& schema_of(const HttpHeaderMatch*);
const Schema& schema_of(const HttpQueryParamMatch*);
const Schema& schema_of(const HttpRouteMatch*);
const Schema& schema_of(const HttpBackendRef*);
const Schema& schema_of(const HttpRouteTimeouts*);
const Schema& schema_of(const HttpRouteRetry*);
const Schema& schema_of(const HttpRouteRule*);
const Schema& schema_of(const HttpRouteSpec*);
const Schema& schema_of(const HttpRoute*);

std::vector<std::string_view> names_of(const GrpcMatchType*);
std::vector<std::string_view> names_of(const GrpcFilterType*);
const Schema& schema_of(const GrpcMethodMatch*);
const Schema& schema_of(const GrpcHeaderMatch*);
const Schema& schema_of(const GrpcRouteMatch*);
const Schema& schema_of(const GrpcRouteFilter*);
const Schema& schema_of(const GrpcBackendRef*);
const Schema& schema_of(const GrpcRouteRule*);
const Schema& schema_of(const GrpcRouteSpec*);
const Schema& schema_of(const GrpcRoute*);

const Schema& schema_of(const StreamRouteRule*);
const Schema& schema_of(const TlsRouteSpec*);
const Schema& schema_of(const TlsRoute*);
const Schema& schema_of(const TcpRouteSpec*);
const Schema& schema_of(const TcpRoute*);
const Schema& schema_of(const UdpRouteSpec*);
const Schema& schema_of(const UdpRoute*);

}  // namespace limen::api

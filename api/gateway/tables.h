// Tables of the Gateway API's kinds.  For api/**.cc.
#pragma once

#include "api/gateway/gateway.h"
#include "api/gateway/gateway_class.h"
#include "api/gateway/http_route.h"
#include "api/gateway/reference_grant.h"
#include "api/meta/tables.h"

namespace limen::api {

const Schema& schema_of(const GatewayClassSpec*);
const Schema& schema_of(const GatewayClassStatus*);
const Schema& schema_of(const GatewayClass*);

std::vector<std::string_view> names_of(const TlsMode*);
std::vector<std::string_view> names_of(const FromNamespaces*);
const Schema& schema_of(const RouteGroupKind*);
const Schema& schema_of(const RouteNamespaces*);
const Schema& schema_of(const AllowedRoutes*);
const Schema& schema_of(const ListenerTlsConfig*);
const Schema& schema_of(const Listener*);
const Schema& schema_of(const GatewaySpecAddress*);
const Schema& schema_of(const GatewayInfrastructure*);
const Schema& schema_of(const GatewaySpec*);
const Schema& schema_of(const GatewayStatusAddress*);
const Schema& schema_of(const ListenerStatus*);
const Schema& schema_of(const GatewayStatus*);
const Schema& schema_of(const Gateway*);

const Schema& schema_of(const ReferenceGrantFrom*);
const Schema& schema_of(const ReferenceGrantTo*);
const Schema& schema_of(const ReferenceGrantSpec*);
const Schema& schema_of(const ReferenceGrant*);

std::vector<std::string_view> names_of(const PathMatchType*);
std::vector<std::string_view> names_of(const ValueMatchType*);
std::vector<std::string_view> names_of(const HttpMethod*);
std::vector<std::string_view> names_of(const PathModifierType*);
std::vector<std::string_view> names_of(const HttpFilterType*);
const Schema& schema_of(const HttpPathMatch*);
const Schema& schema_of(const HttpHeaderMatch*);
const Schema& schema_of(const HttpQueryParamMatch*);
const Schema& schema_of(const HttpRouteMatch*);
const Schema& schema_of(const HttpHeader*);
const Schema& schema_of(const HttpHeaderFilter*);
const Schema& schema_of(const HttpPathModifier*);
const Schema& schema_of(const HttpRequestRedirectFilter*);
const Schema& schema_of(const HttpUrlRewriteFilter*);
const Schema& schema_of(const HttpRequestMirrorFilter*);
const Schema& schema_of(const HttpCorsFilter*);
const Schema& schema_of(const HttpRouteFilter*);
const Schema& schema_of(const HttpBackendRef*);
const Schema& schema_of(const HttpRouteTimeouts*);
const Schema& schema_of(const HttpRouteRetry*);
const Schema& schema_of(const HttpRouteRule*);
const Schema& schema_of(const HttpRouteSpec*);
const Schema& schema_of(const HttpRoute*);

}  // namespace limen::api

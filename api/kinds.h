// The kinds that Limen knows: one list, which everything that differs per kind is driven by.
#pragma once

#include <memory>
#include <span>
#include <string_view>
#include <variant>

#include "api/core/core.h"
#include "api/envoy/backend.h"
#include "api/envoy/client_traffic_policy.h"
#include "api/envoy/envoy_proxy.h"
#include "api/envoy/route_filter.h"
#include "api/envoy/security_policy.h"
#include "api/gateway/backend_tls_policy.h"
#include "api/gateway/gateway.h"
#include "api/gateway/gateway_class.h"
#include "api/gateway/grpc_route.h"
#include "api/gateway/http_route.h"
#include "api/gateway/listener_set.h"
#include "api/gateway/reference_grant.h"
#include "api/gateway/stream_routes.h"
#include "api/limen/certificate_policy.h"

namespace limen::schema {
struct Schema;
}

namespace limen::api {

enum class Kind {
  kGatewayClass,
  kGateway,
  kListenerSet,
  kHttpRoute,
  kGrpcRoute,
  kTlsRoute,
  kTcpRoute,
  kUdpRoute,
  kReferenceGrant,
  kBackendTlsPolicy,
  kBackend,
  kEnvoyProxy,
  kHttpRouteFilter,
  kSecurityPolicy,
  kClientTrafficPolicy,
  kCertificatePolicy,
  kService,
  kEndpointSlice,
  kSecret,
  kConfigMap,
  kNamespace,
  kClusterTrustBundle,
};

constexpr bool is_route(Kind kind) { return kind >= Kind::kHttpRoute && kind <= Kind::kUdpRoute; }

// An object of any kind, shared and immutable; monostate: there is none.
// The order of the alternatives is that of Kind, one further.
using AnyObject =
    std::variant<std::monostate, std::shared_ptr<const GatewayClass>,
                 std::shared_ptr<const Gateway>, std::shared_ptr<const ListenerSet>,
                 std::shared_ptr<const HttpRoute>, std::shared_ptr<const GrpcRoute>,
                 std::shared_ptr<const TlsRoute>, std::shared_ptr<const TcpRoute>,
                 std::shared_ptr<const UdpRoute>, std::shared_ptr<const ReferenceGrant>,
                 std::shared_ptr<const BackendTlsPolicy>, std::shared_ptr<const Backend>,
                 std::shared_ptr<const EnvoyProxy>, std::shared_ptr<const RouteFilter>,
                 std::shared_ptr<const SecurityPolicy>, std::shared_ptr<const ClientTrafficPolicy>,
                 std::shared_ptr<const CertificatePolicy>, std::shared_ptr<const Service>,
                 std::shared_ptr<const EndpointSlice>, std::shared_ptr<const Secret>,
                 std::shared_ptr<const ConfigMap>, std::shared_ptr<const Namespace>,
                 std::shared_ptr<const ClusterTrustBundle>>;

// A column of `kubectl get`: an entry of additionalPrinterColumns.
struct PrinterColumn {
  std::string_view name;
  std::string_view type;  // "string", "date"
  std::string_view path;  // JSONPath
  bool wide = false;      // shown by `-o wide` only
};

struct KindInfo {
  Kind kind;
  std::string_view group;                      // "" is core
  std::span<const std::string_view> versions;  // the first is the one written
  std::string_view name;                       // "HTTPRoute"
  std::string_view plural;                     // "httproutes"
  std::span<const std::string_view> short_names;
  bool namespaced;
  bool strict;  // unknown fields are errors (Gateway API's and Envoy Gateway's kinds)
  const schema::Schema& (*schema)();
  std::shared_ptr<void> (*make)();           // an empty object of the C++ type
  AnyObject (*wrap)(std::shared_ptr<void>);  // REQUIRES: what make() gave
  std::string_view category;                 // a word of `kubectl get` for all kinds of a project
  std::span<const PrinterColumn> columns;    // none: the API server shows NAME and AGE

  // Defined by a CustomResourceDefinition and not by Kubernetes itself.
  bool is_custom() const { return !category.empty(); }
};

std::span<const KindInfo> all_kinds();
const KindInfo& info(Kind kind);
// nullptr: not a kind of ours.  Any version of a known kind that is not in `versions` is unknown
// too.
const KindInfo* find_kind(std::string_view api_version, std::string_view kind);
// By name, plural or short name, without regard to case; for the command line.
const KindInfo* find_kind_by_word(std::string_view word);

// One difference between two states of the world, as providers report it.
struct ObjectChange {
  Kind kind;
  ObjectKey key;
  AnyObject object;  // monostate: deleted
};
using ChangeBatch = std::vector<ObjectChange>;

// Equal values of the same kind, or none both.
bool equal(const AnyObject& a, const AnyObject& b);

const KindInfo& kind_of(const AnyObject& object);        // REQUIRES: not monostate
const ObjectMeta& metadata_of(const AnyObject& object);  // REQUIRES: not monostate

}  // namespace limen::api

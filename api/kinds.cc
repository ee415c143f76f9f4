#include "api/kinds.h"

#include <absl/strings/match.h>

#include <algorithm>

#include "api/core/tables.h"
#include "api/envoy/tables.h"
#include "api/gateway/tables.h"
#include "api/limen/tables.h"

namespace limen::api {
namespace {

using Words = std::span<const std::string_view>;
using Columns = std::span<const PrinterColumn>;

constexpr std::string_view kV1[] = {"v1"};
constexpr std::string_view kGatewayVersions[] = {"v1", "v1beta1"};
constexpr std::string_view kGrantVersions[] = {"v1beta1", "v1"};
// All versions are checked by the table of v1.  In Gateway API's alpha versions of these routes,
// which only its experimental channel serves, `rules` may have 16 entries and a TLSRoute no
// hostnames.
constexpr std::string_view kStreamRouteVersions[] = {"v1", "v1alpha2"};
constexpr std::string_view kTlsRouteVersions[] = {"v1", "v1alpha3", "v1alpha2"};
constexpr std::string_view kPolicyVersions[] = {"v1", "v1alpha3"};
constexpr std::string_view kBundleVersions[] = {"v1", "v1beta1", "v1alpha1"};
constexpr std::string_view kAlpha[] = {"v1alpha1"};
constexpr std::string_view kGc[] = {"gc"};
constexpr std::string_view kGtw[] = {"gtw"};
constexpr std::string_view kRefgrant[] = {"refgrant"};
constexpr std::string_view kLset[] = {"lset"};
constexpr std::string_view kBtlspolicy[] = {"btlspolicy"};
constexpr std::string_view kBe[] = {"be"};
constexpr std::string_view kEproxy[] = {"eproxy"};
constexpr std::string_view kHrf[] = {"hrf"};
constexpr std::string_view kSp[] = {"sp"};
constexpr std::string_view kCtp[] = {"ctp"};
constexpr std::string_view kCertpolicy[] = {"certpolicy"};
constexpr std::string_view kSvc[] = {"svc"};
constexpr std::string_view kCm[] = {"cm"};
constexpr std::string_view kNs[] = {"ns"};

// As Gateway API and Envoy Gateway have them, since scripts read them.
constexpr PrinterColumn kAge = {"Age", "date", ".metadata.creationTimestamp"};
constexpr PrinterColumn kClassColumns[] = {
    {"Controller", "string", ".spec.controllerName"},
    {"Accepted", "string", ".status.conditions[?(@.type==\"Accepted\")].status"},
    kAge,
    {"Description", "string", ".spec.description", true},
};
constexpr PrinterColumn kGatewayColumns[] = {
    {"Class", "string", ".spec.gatewayClassName"},
    {"Address", "string", ".status.addresses[*].value"},
    {"Programmed", "string", ".status.conditions[?(@.type==\"Programmed\")].status"},
    kAge,
};
constexpr PrinterColumn kListenerSetColumns[] = {
    {"Accepted", "string", ".status.conditions[?(@.type==\"Accepted\")].status"},
    {"Programmed", "string", ".status.conditions[?(@.type==\"Programmed\")].status"},
    kAge,
};
constexpr PrinterColumn kHostnamesColumns[] = {{"Hostnames", "string", ".spec.hostnames"}, kAge};
constexpr PrinterColumn kAcceptedColumns[] = {
    {"Status", "string", ".status.conditions[?(@.type==\"Accepted\")].reason"}, kAge};

constexpr PrinterColumn kAgeColumns[] = {kAge};

std::string_view category_of(std::string_view group) {
  if (group == kGatewayGroup) return "gateway-api";
  if (group == kLimenGroup) return "limen";
  return group == kEnvoyGroup ? "envoy-gateway" : "";
}

template <class T>
KindInfo kind(Kind k, std::string_view group, Words versions, std::string_view name,
              std::string_view plural, Words short_names, bool namespaced, bool strict,
              Columns columns = {}) {
  return {k,
          group,
          versions,
          name,
          plural,
          short_names,
          namespaced,
          strict,
          []() -> const schema::Schema& { return schema_of(static_cast<const T*>(nullptr)); },
          []() -> std::shared_ptr<void> { return std::make_shared<T>(); },
          [](std::shared_ptr<void> object) -> AnyObject {
            return std::static_pointer_cast<const T>(object);
          },
          category_of(group),
          columns};
}

// In the order of Kind.
const KindInfo kKinds[] = {
    kind<GatewayClass>(Kind::kGatewayClass, kGatewayGroup, kGatewayVersions, "GatewayClass",
                       "gatewayclasses", kGc, false, true, kClassColumns),
    kind<Gateway>(Kind::kGateway, kGatewayGroup, kGatewayVersions, "Gateway", "gateways", kGtw,
                  true, true, kGatewayColumns),
    kind<ListenerSet>(Kind::kListenerSet, kGatewayGroup, kV1, "ListenerSet", "listenersets", kLset,
                      true, true, kListenerSetColumns),
    kind<HttpRoute>(Kind::kHttpRoute, kGatewayGroup, kGatewayVersions, "HTTPRoute", "httproutes",
                    {}, true, true, kHostnamesColumns),
    kind<GrpcRoute>(Kind::kGrpcRoute, kGatewayGroup, kV1, "GRPCRoute", "grpcroutes", {}, true, true,
                    kHostnamesColumns),
    kind<TlsRoute>(Kind::kTlsRoute, kGatewayGroup, kTlsRouteVersions, "TLSRoute", "tlsroutes", {},
                   true, true),
    kind<TcpRoute>(Kind::kTcpRoute, kGatewayGroup, kStreamRouteVersions, "TCPRoute", "tcproutes",
                   {}, true, true),
    kind<UdpRoute>(Kind::kUdpRoute, kGatewayGroup, kStreamRouteVersions, "UDPRoute", "udproutes",
                   {}, true, true),
    kind<ReferenceGrant>(Kind::kReferenceGrant, kGatewayGroup, kGrantVersions, "ReferenceGrant",
                         "referencegrants", kRefgrant, true, true),
    kind<BackendTlsPolicy>(Kind::kBackendTlsPolicy, kGatewayGroup, kPolicyVersions,
                           "BackendTLSPolicy", "backendtlspolicies", kBtlspolicy, true, true),
    kind<Backend>(Kind::kBackend, kEnvoyGroup, kAlpha, "Backend", "backends", kBe, true, true,
                  kAcceptedColumns),
    kind<EnvoyProxy>(Kind::kEnvoyProxy, kEnvoyGroup, kAlpha, "EnvoyProxy", "envoyproxies", kEproxy,
                     true, true),
    kind<RouteFilter>(Kind::kHttpRouteFilter, kEnvoyGroup, kAlpha, "HTTPRouteFilter",
                      "httproutefilters", kHrf, true, true, kAgeColumns),
    kind<SecurityPolicy>(Kind::kSecurityPolicy, kEnvoyGroup, kAlpha, "SecurityPolicy",
                         "securitypolicies", kSp, true, true, kAgeColumns),
    kind<ClientTrafficPolicy>(Kind::kClientTrafficPolicy, kEnvoyGroup, kAlpha,
                              "ClientTrafficPolicy", "clienttrafficpolicies", kCtp, true, true,
                              kAgeColumns),
    kind<CertificatePolicy>(Kind::kCertificatePolicy, kLimenGroup, kAlpha, "CertificatePolicy",
                            "certificatepolicies", kCertpolicy, true, true, kAgeColumns),
    kind<Service>(Kind::kService, "", kV1, "Service", "services", kSvc, true, false),
    kind<EndpointSlice>(Kind::kEndpointSlice, "discovery.k8s.io", kV1, "EndpointSlice",
                        "endpointslices", {}, true, false),
    kind<Secret>(Kind::kSecret, "", kV1, "Secret", "secrets", {}, true, false),
    kind<ConfigMap>(Kind::kConfigMap, "", kV1, "ConfigMap", "configmaps", kCm, true, false),
    kind<Namespace>(Kind::kNamespace, "", kV1, "Namespace", "namespaces", kNs, false, false),
    kind<ClusterTrustBundle>(Kind::kClusterTrustBundle, "certificates.k8s.io", kBundleVersions,
                             "ClusterTrustBundle", "clustertrustbundles", {}, false, false),
};

bool equals_ignoring_case(std::string_view a, std::string_view b) {
  return absl::EqualsIgnoreCase(absl::string_view(a.data(), a.size()),
                                absl::string_view(b.data(), b.size()));
}

}  // namespace

std::span<const KindInfo> all_kinds() { return kKinds; }

const KindInfo& info(Kind kind) { return kKinds[static_cast<size_t>(kind)]; }

const KindInfo* find_kind(std::string_view api_version, std::string_view name) {
  const size_t slash = api_version.find('/');
  const std::string_view group =
      slash == std::string_view::npos ? "" : api_version.substr(0, slash);
  const std::string_view version =
      slash == std::string_view::npos ? api_version : api_version.substr(slash + 1);
  for (const KindInfo& kind : kKinds) {
    if (kind.name != name || kind.group != group) continue;
    return std::find(kind.versions.begin(), kind.versions.end(), version) == kind.versions.end()
               ? nullptr
               : &kind;
  }
  return nullptr;
}

const KindInfo* find_kind_by_word(std::string_view word) {
  for (const KindInfo& kind : kKinds) {
    if (equals_ignoring_case(word, kind.name) || equals_ignoring_case(word, kind.plural))
      return &kind;
    for (std::string_view name : kind.short_names) {
      if (equals_ignoring_case(word, name)) return &kind;
    }
  }
  return nullptr;
}

bool equal(const AnyObject& a, const AnyObject& b) {
  if (a.index() != b.index()) return false;
  return std::visit(
      [&](const auto& pointer) {
        using Pointer = std::decay_t<decltype(pointer)>;
        if constexpr (std::is_same_v<Pointer, std::monostate>) {
          return true;
        } else {
          return *pointer == *std::get<Pointer>(b);
        }
      },
      a);
}

const KindInfo& kind_of(const AnyObject& object) { return kKinds[object.index() - 1]; }

const ObjectMeta& metadata_of(const AnyObject& object) {
  return std::visit(
      [](const auto& pointer) -> const ObjectMeta& {
        if constexpr (std::is_same_v<std::decay_t<decltype(pointer)>, std::monostate>) {
          static const ObjectMeta kNothing;  // REQUIRES rules it out
          return kNothing;
        } else {
          return pointer->metadata;
        }
      },
      object);
}

}  // namespace limen::api

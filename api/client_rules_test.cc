// Every rule of ClientTrafficPolicy's tables is broken once here.
#include "api/rules_test.h"

namespace limen::api {
namespace {

// A ClientTrafficPolicy with that spec besides a target.
std::string bare_client(const std::string& spec) {
  return "{apiVersion: gateway.envoyproxy.io/v1alpha1, kind: ClientTrafficPolicy, metadata: {name: "
         "c}, spec: {" +
         spec + "}}";
}
std::string client(const std::string& spec) {
  return bare_client("targetRefs: [{group: gateway.networking.k8s.io, kind: Gateway, name: g}], " +
                     spec);
}
std::string client_tls(const std::string& text) { return client("tls: {" + text + "}"); }

const std::vector<BrokenObject> kBroken = {
    {bare_client("targetSelectors: []"), "spec",
     "set exactly one of targetRef and targetRefs, or targetSelectors"},
    {bare_client("targetRefs: [{group: '', kind: Gateway, name: g}]"), "spec",
     "the group of a target must be gateway.networking.k8s.io"},
    {bare_client("targetRef: {group: gateway.networking.k8s.io, kind: HTTPRoute, name: r}"), "spec",
     "a target must be a Gateway or ListenerSet"},
    {client_tls("minVersion: '1.3', ciphers: [AES128-SHA]"), "spec.tls",
     "ciphers have no effect where minVersion is 1.3"},
    {client_tls("maxVersion: '1.1'"), "spec.tls", "minVersion must not be newer than maxVersion"},
    {client_tls("minVersion: '1.3', maxVersion: '1.2'"), "spec.tls",
     "minVersion must not be newer than maxVersion"},
    {client_tls("minVersion: '1.1', maxVersion: '1.0'"), "spec.tls",
     "minVersion must not be newer than maxVersion"},
    {client_tls("clientValidation: {mode: Request, allowExpiredCertificate: true}"),
     "spec.tls.clientValidation",
     "allowExpiredCertificate is for modes VerifyIfGiven and RequireAndVerify"},
    {client("clientIPDetection: {}"), "spec.clientIPDetection",
     "set exactly one of xForwardedFor, customHeader and directSourceIP"},
    {client("clientIPDetection: {directSourceIP: {}, customHeader: {name: x-ip}}"),
     "spec.clientIPDetection", "set exactly one of xForwardedFor, customHeader and directSourceIP"},
    {client("clientIPDetection: {xForwardedFor: {}}"), "spec.clientIPDetection.xForwardedFor",
     "set exactly one of numTrustedHops and trustedCIDRs"},
    {client("headers: {xForwardedClientCert: {mode: ForwardOnly, certDetailsToAdd: [URI]}}"),
     "spec.headers.xForwardedClientCert",
     "certDetailsToAdd needs mode AppendForward or SanitizeSet"},
    {client("headers: {preserveXRequestID: true, requestID: Disable}"), "spec.headers",
     "set only one of preserveXRequestID and requestID"},
    {client("connection: {connectionLimit: {closeDelay: 1s}}"), "spec.connection.connectionLimit",
     "closeDelay needs value"},
    {client("http2: {connectionKeepalive: {interval: 5s, timeout: 5s}}"),
     "spec.http2.connectionKeepalive", "timeout must be shorter than interval"},
};

}  // namespace

std::vector<BrokenObject> broken_client_traffic_policies() { return kBroken; }

}  // namespace limen::api

// Every rule of SecurityPolicy's tables is broken once here.
#include "api/rules_test.h"

namespace limen::api {
namespace {

// A SecurityPolicy with that spec besides a target.
std::string bare_security(const std::string& spec) {
  return "{apiVersion: gateway.envoyproxy.io/v1alpha1, kind: SecurityPolicy, metadata: {name: s}, "
         "spec: {" +
         spec + "}}";
}
std::string security(const std::string& spec) {
  return bare_security(
      "targetRefs: [{group: gateway.networking.k8s.io, kind: HTTPRoute, name: r}], " + spec);
}
std::string api_key(const std::string& from) {
  return security("apiKeyAuth: {credentialRefs: [{name: s}], extractFrom: [{" + from + "}]}");
}
std::string provider(const std::string& text) {
  return security("jwt: {providers: [{name: p, " + text + "}]}");
}
const std::string kJwks = "localJWKS: {inline: '{}'}";
std::string oidc(const std::string& text) {
  return security("oidc: {provider: {issuer: 'https://a.b'}, clientSecret: {name: s}, " + text +
                  "}");
}
std::string ext_auth(const std::string& text) { return security("extAuth: {" + text + "}"); }
const std::string kGrpcAuth = "grpc: {backendRefs: [{name: s, port: 1}]}";
std::string authorize(const std::string& rule) {
  return security("authorization: {rules: [{action: Allow, " + rule + "}]}");
}
std::string geo_provider(const std::string& text) {
  return "{apiVersion: gateway.envoyproxy.io/v1alpha1, kind: EnvoyProxy, metadata: {name: p}, spec: "
         "{geoIP: {provider: {type: MaxMind" +
         text + "}}}}";
}
std::string principal(const std::string& text) { return authorize("principal: {" + text + "}"); }

const std::vector<BrokenObject> kBroken = {
    {bare_security("targetSelectors: []"), "spec",
     "set exactly one of targetRef and targetRefs, or targetSelectors"},
    {bare_security("targetRefs: [{group: '', kind: HTTPRoute, name: r}]"), "spec",
     "the group of a target must be gateway.networking.k8s.io"},
    {bare_security("targetRef: {group: gateway.networking.k8s.io, kind: UDPRoute, name: r}"),
     "spec", "a target must be a Gateway, ListenerSet, HTTPRoute, GRPCRoute or TCPRoute"},
    {security("mergeType: Replace"), "spec",
     "mergeType must be StrategicMerge or JSONMerge; without it, a policy replaces"},
    {bare_security("targetRefs: [{group: gateway.networking.k8s.io, kind: Gateway, name: r}], "
                   "mergeType: JSONMerge"),
     "spec", "mergeType is for policies whose targets are routes"},
    {security("authorization: {rules: [{action: Allow, principal: {jwt: {provider: p, scopes: "
              "[a]}}}]}"),
     "spec", "a rule with principal.jwt needs jwt"},
    {bare_security("targetSelectors: [{kind: Gateway, namespaces: {from: Selector}}]"),
     "spec.targetSelectors[0].namespaces",
     "selector must be set where from is Selector, and only there"},
    {api_key("headers: [a], cookies: [a]"), "spec.apiKeyAuth.extractFrom[0]",
     "set exactly one of headers, params and cookies"},
    {provider("remoteJWKS: {uri: 'https://a.b', backendRef: {name: s, port: 1}}"),
     "spec.jwt.providers[0].remoteJWKS", "remoteJWKS: use backendRefs, not backendRef"},
    {provider("localJWKS: {type: ValueRef, inline: '{}'}"), "spec.jwt.providers[0].localJWKS",
     "set inline where type is Inline, and valueRef where it is ValueRef"},
    {provider("issuer: a"), "spec.jwt.providers[0]", "set exactly one of remoteJWKS and localJWKS"},
    {provider("recomputeRoute: true, " + kJwks), "spec.jwt.providers[0]",
     "recomputeRoute needs claimToHeaders"},
    {security("jwt: {optional: true, failOpen: true, providers: [{name: p, " + kJwks + "}]}"),
     "spec.jwt", "set only one of optional and failOpen"},
    {security("oidc: {clientID: a, clientSecret: {name: s}, provider: {issuer: 'https://a.b', "
              "backendRef: {name: s, port: 1}}}"),
     "spec.oidc.provider", "provider: use backendRefs, not backendRef"},
    {oidc("clientID: a, forwardIDToken: {header: HOST}"), "spec.oidc.forwardIDToken",
     "header must not be Host"},
    {oidc(""), "spec.oidc", "set exactly one of clientID and clientIDRef"},
    {oidc("clientID: a, forwardAccessToken: true, forwardIDToken: {header: Authorization}"),
     "spec.oidc", "forwardAccessToken needs the Authorization header, which forwardIDToken takes"},
    {ext_auth("http: {path: /a, pathOverride: /b, backendRefs: [{name: s, port: 1}]}"),
     "spec.extAuth.http", "set only one of path and pathOverride"},
    {ext_auth(kGrpcAuth + ", contextExtensions: [{name: a, type: ValueRef, value: b}]"),
     "spec.extAuth.contextExtensions[0]",
     "set value where type is Value, and valueRef where it is ValueRef"},
    {ext_auth("timeout: 1s"), "spec.extAuth", "set exactly one of grpc and http"},
    {authorize("operation: {}, principal: {clientCIDRs: [10.0.0.0/8]}"),
     "spec.authorization.rules[0].operation", "set methods, path or both"},
    {security("jwt: {providers: [{name: p, " + kJwks +
              "}]}, authorization: {rules: [{action: Allow, principal: {jwt: {provider: p}}}]}"),
     "spec.authorization.rules[0].principal.jwt", "set claims, scopes or both"},
    {principal("clientIPGeoLocations: [{anonymous: {}}]"),
     "spec.authorization.rules[0].principal.clientIPGeoLocations[0].anonymous",
     "anonymous must say something"},
    {principal("clientIPGeoLocations: [{}]"),
     "spec.authorization.rules[0].principal.clientIPGeoLocations[0]",
     "a location must say something"},
    {geo_provider(""), "spec.geoIP.provider", "maxMind must be set where type is MaxMind"},
    {geo_provider(", maxMind: {}"), "spec.geoIP.provider.maxMind", "there must be a database"},
    {geo_provider(", maxMind: {asnDbSource: {local: {path: /a.db}}}"),
     "spec.geoIP.provider.maxMind.asnDbSource.local.path",
     "'/a.db' is not a path that ends in .mmdb"},
    {principal("clientIPGeoLocations: [{country: GBR}]"),
     "spec.authorization.rules[0].principal.clientIPGeoLocations[0].country",
     "has 3 characters, at most 2 are allowed"},
    {principal("clientIPGeoLocations: [{country: '12'}]"),
     "spec.authorization.rules[0].principal.clientIPGeoLocations[0].country",
     "'12' is not two letters"},
    {principal(""), "spec.authorization.rules[0].principal", "a principal must say something"},
    {authorize("name: a"), "spec.authorization.rules[0]", "set principal, cel or both"},
};

}  // namespace

std::vector<BrokenObject> broken_security_policies() { return kBroken; }

}  // namespace limen::api

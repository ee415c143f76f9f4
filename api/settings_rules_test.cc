// Every rule of ClusterSettings' tables is broken once here.
#include "api/rules_test.h"

namespace limen::api {
namespace {

const std::string kAt = "spec.extAuth.http.backendSettings";

std::string policy(const std::string& spec) {
  return "{apiVersion: gateway.envoyproxy.io/v1alpha1, kind: SecurityPolicy, metadata: {name: s}, "
         "spec: {targetRefs: [{group: gateway.networking.k8s.io, kind: HTTPRoute, name: r}], " +
         spec + "}}";
}
std::string settings(const std::string& text) {
  return policy("extAuth: {http: {backendRefs: [{name: s, port: 1}], backendSettings: {" + text +
                "}}}");
}
std::string balancer(const std::string& text) { return settings("loadBalancer: {" + text + "}"); }
std::string hash(const std::string& text) {
  return balancer("type: ConsistentHash, consistentHash: {" + text + "}");
}
std::string active(const std::string& text) {
  return settings("healthCheck: {active: {" + text + "}}");
}
std::string of_keys(const std::string& retry) {
  return policy(
      "jwt: {providers: [{name: p, remoteJWKS: {uri: 'https://a.b', backendSettings: "
      "{retry: {" +
      retry + "}}}}]}");
}

const std::string kHash = kAt + ".loadBalancer.consistentHash";
const std::string kActive = kAt + ".healthCheck.active";

const std::vector<BrokenObject> kBroken = {
    {of_keys("perRetry: {timeout: 1s}"), "spec.jwt.providers[0].remoteJWKS",
     "remoteJWKS: backendSettings.retry.perRetry.timeout is not supported"},
    {of_keys("retryOn: {httpStatusCodes: [503]}"), "spec.jwt.providers[0].remoteJWKS",
     "remoteJWKS: backendSettings.retry.retryOn.httpStatusCodes is not supported"},
    {settings("retry: {perRetry: {backOff: {baseInterval: 1s, maxInterval: 500ms}}}"),
     kAt + ".retry.perRetry.backOff", "maxInterval must not be shorter than baseInterval"},
    {settings("connection: {preconnect: {predictivePercent: 150}}, loadBalancer: {type: "
              "LeastRequest}"),
     kAt, "connection.preconnect.predictivePercent needs loadBalancer.type Random or RoundRobin"},
    {hash("type: SourceIP, header: {name: a}"), kHash,
     "set header where type is Header, and only there"},
    {hash("type: Headers"), kHash, "set headers where type is Headers, and only there"},
    {hash("type: Cookie"), kHash, "set cookie where type is Cookie, and only there"},
    {hash("type: SourceIP, queryParams: [{name: a}]"), kHash,
     "set queryParams where type is QueryParams, and only there"},
    {balancer("type: ConsistentHash"), kAt + ".loadBalancer",
     "set consistentHash where type is ConsistentHash, and only there"},
    {balancer("type: Random, backendUtilization: {}"), kAt + ".loadBalancer",
     "backendUtilization is for type BackendUtilization"},
    {balancer("type: DynamicModule"), kAt + ".loadBalancer",
     "set dynamicModule where type is DynamicModule, and only there"},
    {balancer("type: Random, slowStart: {window: 1s}"), kAt + ".loadBalancer",
     "slowStart is for types RoundRobin, LeastRequest and BackendUtilization"},
    {balancer("type: BackendUtilization, zoneAware: {preferLocal: {}}"), kAt + ".loadBalancer",
     "zoneAware.preferLocal is not for types ConsistentHash and BackendUtilization"},
    {balancer("type: DynamicModule, dynamicModule: {name: a, lbPolicyName: b}, endpointOverride: "
              "{extractFrom: [{header: a}]}"),
     kAt + ".loadBalancer", "zoneAware and endpointOverride are not for type DynamicModule"},
    {balancer("type: Random, zoneAware: {preferLocal: {}, weightedZones: [{zone: a, weight: 1}]}"),
     kAt + ".loadBalancer.zoneAware", "set only one of preferLocal and weightedZones"},
    {active("type: HTTP"), kActive, "set http where type is HTTP, and only there"},
    {active("type: GRPC, tcp: {}"), kActive, "set tcp where type is TCP, and only there"},
    {active("type: TCP, tcp: {}, grpc: {}"), kActive, "grpc is for type GRPC"},
    {active("type: HTTP, http: {path: /, requestBody: {type: Text, text: a}}"), kActive + ".http",
     "requestBody is for methods POST and PUT"},
    {active("type: TCP, tcp: {send: {type: Binary, text: a, binary: YQ==}}"), kActive + ".tcp.send",
     "set text where type is Text, and only there"},
    {active("type: TCP, tcp: {receive: {type: Text, text: a, binary: YQ==}}"),
     kActive + ".tcp.receive", "set binary where type is Binary, and only there"},
    {active("type: TCP, tcp: {}, healthCheckLog: {sinks: [{type: File}]}"),
     kActive + ".healthCheckLog.sinks[0]", "file must be set where type is File"},
    {active("type: TCP, tcp: {}, healthCheckLog: {matches: [Failure]}"),
     kActive + ".healthCheckLog", "matches must have a kind of failure and a kind of success"},
};

}  // namespace

std::vector<BrokenObject> broken_cluster_settings() { return kBroken; }

}  // namespace limen::api

// Every rule of every table is broken once here, and a sound object of each kind breaks none.
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <set>

#include "api/objects.h"
#include "api/rules_test.h"
#include "base/yaml.h"
#include "schema/schema.h"

namespace limen::api {
namespace {

Problems problems_of(const std::string& text) {
  return parse_object(parse_yaml_chunk(split_yaml(text).at(0))->value).problems;
}

std::string route(const std::string& rule) {
  return "{apiVersion: gateway.networking.k8s.io/v1, kind: HTTPRoute, metadata: {name: r}, "
         "spec: {rules: [{" +
         rule + "}]}}";
}
std::string filter(const std::string& text) { return route("filters: [{" + text + "}]"); }
std::string path(const std::string& text) { return route("matches: [{path: {" + text + "}}]"); }
std::string backend(const std::string& spec) {
  return "{apiVersion: gateway.envoyproxy.io/v1alpha1, kind: Backend, metadata: {name: b}, spec: {" +
         spec + "}}";
}
std::string certificates(const std::string& targets, const std::string& issuer) {
  return "{apiVersion: limen.dev/v1alpha1, kind: CertificatePolicy, metadata: {name: c}, spec: {" +
         targets + "acme: {issuers: [{server: 'https://a.b/dir', " + issuer + "}]}}}";
}
std::string proxy(const std::string& spec) {
  return "{apiVersion: gateway.envoyproxy.io/v1alpha1, kind: EnvoyProxy, metadata: {name: p}, spec: {" +
         spec + "}}";
}
std::string kubernetes(const std::string& settings) {
  return proxy("provider: {type: Kubernetes, kubernetes: {" + settings + "}}");
}
// An object of the Gateway API.
std::string of(const std::string& kind, const std::string& spec) {
  return "{apiVersion: gateway.networking.k8s.io/v1, kind: " + kind +
         ", metadata: {name: x}, spec: {" + spec + "}}";
}
std::string gateway(const std::string& spec) {
  return of("Gateway",
            "gatewayClassName: c, listeners: [{name: a, port: 80, protocol: HTTP}], " + spec);
}
std::string listeners(const std::string& text) {
  return of("Gateway", "gatewayClassName: c, listeners: [" + text + "]");
}
std::string tls(const std::string& text) {
  return listeners("{name: a, port: 443, protocol: HTTPS, tls: {" + text + "}}");
}
std::string listener_filter(const std::string& text) {
  return listeners("{name: a, port: 80, protocol: HTTP, filters: {requests: [{" + text + "}]}}");
}
std::string listener_set(const std::string& text) {
  return of("ListenerSet", "parentRef: {name: g}, listeners: [" + text + "]");
}
std::string status_address(const std::string& text) {
  return "{apiVersion: gateway.networking.k8s.io/v1, kind: Gateway, metadata: {name: x}, spec: "
         "{gatewayClassName: c, listeners: [{name: a, port: 80, protocol: HTTP}]}, status: "
         "{addresses: [{" +
         text + "}]}}";
}
std::string grpc(const std::string& rule) { return of("GRPCRoute", "rules: [{" + rule + "}]"); }
std::string grpc_method(const std::string& text) {
  return grpc("matches: [{method: {" + text + "}}]");
}
std::string tls_policy(const std::string& refs, const std::string& validation) {
  return of("BackendTLSPolicy",
            "targetRefs: [" + refs + "], validation: {hostname: a.b, " + validation + "}");
}
std::string target(const std::string& more) {
  return "{group: '', kind: Service, name: s" + more + "}";
}
std::string alt_name(const std::string& text) {
  return tls_policy(target(""),
                    "wellKnownCACertificates: System, subjectAltNames: [{" + text + "}]");
}
// `count` times `text`, with commas between.
std::string times(int count, const std::string& text) {
  std::string all = text;
  for (int i = 1; i < count; ++i) all += ", " + text;
  return all;
}
std::string auth(const std::string& text) {
  return filter("type: ExternalAuth, externalAuth: {backendRef: {name: s, port: 1}, " + text + "}");
}

const std::string kPrefix = "{path: {type: ReplacePrefixMatch, replacePrefixMatch: /x}}";

const std::vector<BrokenObject> kBroken = {
    {kubernetes("envoyDeployment: {}, envoyDaemonSet: {}"), "spec.provider.kubernetes",
     "set only one of envoyDeployment and envoyDaemonSet"},
    {kubernetes("envoyHpa: {maxReplicas: 2}, envoyDaemonSet: {}"), "spec.provider.kubernetes",
     "envoyHpa can't be used with envoyDaemonSet"},
    {kubernetes("envoyHpa: {minReplicas: 3, maxReplicas: 2}"), "spec.provider.kubernetes.envoyHpa",
     "maxReplicas must be at least minReplicas"},
    {kubernetes("envoyPDB: {minAvailable: 1, maxUnavailable: 1}"),
     "spec.provider.kubernetes.envoyPDB", "set only one of minAvailable and maxUnavailable"},
    {kubernetes("envoyDeployment: {container: {image: 'a:1', imageRepository: a}}"),
     "spec.provider.kubernetes.envoyDeployment.container",
     "set only one of image and imageRepository"},
    {kubernetes("envoyService: {type: NodePort, loadBalancerClass: a}"),
     "spec.provider.kubernetes.envoyService", "loadBalancerClass needs type LoadBalancer"},
    {kubernetes("envoyService: {type: NodePort, allocateLoadBalancerNodePorts: true}"),
     "spec.provider.kubernetes.envoyService",
     "allocateLoadBalancerNodePorts needs type LoadBalancer"},
    {kubernetes("envoyService: {type: NodePort, loadBalancerSourceRanges: [10.0.0.0/8]}"),
     "spec.provider.kubernetes.envoyService", "loadBalancerSourceRanges needs type LoadBalancer"},
    {kubernetes("envoyService: {type: NodePort, loadBalancerIP: 192.0.2.1}"),
     "spec.provider.kubernetes.envoyService", "loadBalancerIP needs type LoadBalancer"},
    {path("value: '/a b'"), "spec.rules[0].matches[0].path",
     "value must consist of the characters of a path"},
    {path("value: a"), "spec.rules[0].matches[0].path", "value must begin with '/'"},
    {path("value: /a//b"), "spec.rules[0].matches[0].path", "value must not contain '//'"},
    {path("type: Exact, value: /a/../b"), "spec.rules[0].matches[0].path",
     "value must not contain '.' or '..' as a path element"},
    {path("value: '/a%2fb'"), "spec.rules[0].matches[0].path",
     "value must not contain '%2f' or '#'"},
    {filter("type: URLRewrite, urlRewrite: {path: {type: ReplaceFullPath}}"),
     "spec.rules[0].filters[0].urlRewrite.path",
     "replaceFullPath must be set where type is ReplaceFullPath, and only there"},
    {filter("type: URLRewrite, urlRewrite: {path: {type: ReplacePrefixMatch}}"),
     "spec.rules[0].filters[0].urlRewrite.path",
     "replacePrefixMatch must be set where type is ReplacePrefixMatch, and only there"},
    {filter("type: RequestRedirect, requestRedirect: {statusCode: 305}"),
     "spec.rules[0].filters[0].requestRedirect", "statusCode must be 301, 302, 303, 307 or 308"},
    {filter("type: RequestMirror, requestMirror: {backendRef: {name: s, port: 1}, percent: 1, "
            "fraction: {numerator: 1}}"),
     "spec.rules[0].filters[0].requestMirror", "set at most one of percent and fraction"},
    {filter("type: RequestMirror, requestMirror: {backendRef: {name: s, port: 1}, "
            "fraction: {numerator: 101}}"),
     "spec.rules[0].filters[0].requestMirror.fraction", "numerator must not be above denominator"},
    {filter("type: RequestHeaderModifier"), "spec.rules[0].filters[0]",
     "requestHeaderModifier must be set where type is RequestHeaderModifier, and only there"},
    {filter("type: ResponseHeaderModifier"), "spec.rules[0].filters[0]",
     "responseHeaderModifier must be set where type is ResponseHeaderModifier, and only there"},
    {filter("type: RequestMirror"), "spec.rules[0].filters[0]",
     "requestMirror must be set where type is RequestMirror, and only there"},
    {filter("type: RequestRedirect"), "spec.rules[0].filters[0]",
     "requestRedirect must be set where type is RequestRedirect, and only there"},
    {filter("type: URLRewrite"), "spec.rules[0].filters[0]",
     "urlRewrite must be set where type is URLRewrite, and only there"},
    {filter("type: CORS"), "spec.rules[0].filters[0]",
     "cors must be set where type is CORS, and only there"},
    {filter("type: ExtensionRef"), "spec.rules[0].filters[0]",
     "extensionRef must be set where type is ExtensionRef, and only there"},
    {filter("type: ExternalAuth"), "spec.rules[0].filters[0]",
     "externalAuth must be set where type is ExternalAuth, and only there"},
    {auth("protocol: GRPC"), "spec.rules[0].filters[0].externalAuth",
     "grpc must be set where protocol is GRPC, and only there"},
    {auth("protocol: HTTP"), "spec.rules[0].filters[0].externalAuth",
     "http must be set where protocol is HTTP, and only there"},
    {auth("protocol: GRPC, grpc: {}, http: {}"), "spec.rules[0].filters[0].externalAuth",
     "http must be set where protocol is HTTP, and only there"},
    {filter("type: CORS, cors: {allowOrigins: ['*', 'https://a.b']}"),
     "spec.rules[0].filters[0].cors", "'*' must be the only one of allowOrigins"},
    {filter("type: CORS, cors: {allowMethods: ['*', GET]}"), "spec.rules[0].filters[0].cors",
     "'*' must be the only one of allowMethods"},
    {filter("type: CORS, cors: {allowHeaders: ['*', x-a]}"), "spec.rules[0].filters[0].cors",
     "'*' must be the only one of allowHeaders"},
    {route("timeouts: {request: 1s, backendRequest: 2s}"), "spec.rules[0].timeouts",
     "backendRequest must not be longer than request"},
    {route("backendRefs: [{name: s, port: 1}], filters: [{type: RequestRedirect, "
           "requestRedirect: {port: 1}}]"),
     "spec.rules[0]", "a rule with a RequestRedirect must have no backendRefs"},
    {route("filters: [{type: RequestRedirect, requestRedirect: {port: 1}}, {type: "
           "RequestRedirect, requestRedirect: {port: 2}}]"),
     "spec.rules[0]", "RequestRedirect must stand at most once"},
    {route("filters: [{type: URLRewrite, urlRewrite: {hostname: a.b}}, {type: URLRewrite, "
           "urlRewrite: {hostname: a.c}}]"),
     "spec.rules[0]", "URLRewrite must stand at most once"},
    {route("filters: [{type: URLRewrite, urlRewrite: {hostname: a.b}}, {type: RequestRedirect, "
           "requestRedirect: {port: 1}}]"),
     "spec.rules[0]", "RequestRedirect and URLRewrite exclude each other"},
    {route("backendRefs: [{name: s}]"), "spec.rules[0].backendRefs[0]",
     "a reference to a Service needs a port"},
    {route("backendRefs: [{name: s, port: 1, group: gateway.networking.x-k8s.io, kind: XBackend}]"),
     "spec.rules[0].backendRefs[0]", "a reference to an XBackend must have no port"},
    {route("filters: [{type: CORS, cors: {}}, {type: CORS, cors: {}}]"), "spec.rules[0]",
     "CORS must stand at most once"},
    {route("filters: [" +
           times(2, "{type: RequestHeaderModifier, requestHeaderModifier: {remove: [a]}}") + "]"),
     "spec.rules[0]", "RequestHeaderModifier must stand at most once"},
    {route("backendRefs: [{name: s, port: 1, filters: [" +
           times(2, "{type: ResponseHeaderModifier, responseHeaderModifier: {remove: [a]}}") +
           "]}]"),
     "spec.rules[0].backendRefs[0]", "ResponseHeaderModifier must stand at most once"},
    {route("filters: [{type: RequestRedirect, requestRedirect: " + kPrefix +
           "}], matches: [{path: {type: Exact}}]"),
     "spec.rules[0]",
     "a RequestRedirect with replacePrefixMatch needs exactly one match, of type PathPrefix"},
    {route("filters: [{type: URLRewrite, urlRewrite: " + kPrefix +
           "}], matches: [{path: {value: /a}}, {path: {value: /b}}]"),
     "spec.rules[0]",
     "a URLRewrite with replacePrefixMatch needs exactly one match, of type PathPrefix"},
    {route("backendRefs: [{name: s, port: 1, filters: [{type: RequestRedirect, requestRedirect: " +
           kPrefix + "}]}], matches: []"),
     "spec.rules[0]",
     "a backend's RequestRedirect with replacePrefixMatch needs exactly one match, of type PathPrefix"},
    {route("backendRefs: [{name: s, port: 1, filters: [{type: URLRewrite, urlRewrite: " + kPrefix +
           "}]}], matches: [{path: {type: RegularExpression}}]"),
     "spec.rules[0]",
     "a backend's URLRewrite with replacePrefixMatch needs exactly one match, of type PathPrefix"},
    {of("HTTPRoute", "rules: [{name: a}, {name: b}, {name: a}]"), "spec",
     "names of rules must differ"},
    {of("HTTPRoute", "rules: [" + times(2, "{matches: [" + times(64, "{}") + "]}") + ", {}]"),
     "spec", "all rules together must have at most 128 matches"},
    {of("HTTPRoute", "parentRefs: [{name: g}, {name: g, sectionName: a}]"), "spec",
     "parentRefs to the same parent must all set sectionName, or port, or both"},
    {of("HTTPRoute", "parentRefs: [{name: g, port: 1}, {name: g, port: 1, sectionName: a}]"),
     "spec", "parentRefs to the same parent must all set sectionName, or port, or both"},
    {of("HTTPRoute", "parentRefs: [{name: g}, {name: g, namespace: n}, {name: g, namespace: n}]"),
     "spec", "parentRefs to the same parent must differ in sectionName or port"},
    {of("GRPCRoute", "parentRefs: [" + times(2, "{name: g, sectionName: a, port: 1}") + "]"),
     "spec", "parentRefs to the same parent must differ in sectionName or port"},
    {route("sessionPersistence: {cookie: {lifetimeType: Permanent}}"),
     "spec.rules[0].sessionPersistence",
     "absoluteTimeout must be set where cookie.lifetimeType is Permanent"},
    {route("sessionPersistence: {}"), "spec.rules[0].sessionPersistence",
     "cookie must be set where type is Cookie, and only there"},
    {grpc("sessionPersistence: {type: Header}"), "spec.rules[0].sessionPersistence",
     "header must be set where type is Header, and only there"},
    {grpc_method("type: Exact"), "spec.rules[0].matches[0].method",
     "service or method must be set"},
    {grpc_method("service: a-b"), "spec.rules[0].matches[0].method",
     "service must be a gRPC service's name, such as package.Service"},
    {grpc_method("method: a.b"), "spec.rules[0].matches[0].method",
     "method must be a gRPC method's name"},
    {grpc("filters: [{type: RequestHeaderModifier}]"), "spec.rules[0].filters[0]",
     "requestHeaderModifier must be set where type is RequestHeaderModifier, and only there"},
    {grpc("filters: [{type: ResponseHeaderModifier}]"), "spec.rules[0].filters[0]",
     "responseHeaderModifier must be set where type is ResponseHeaderModifier, and only there"},
    {grpc("filters: [{type: RequestMirror}]"), "spec.rules[0].filters[0]",
     "requestMirror must be set where type is RequestMirror, and only there"},
    {grpc("filters: [{type: ExtensionRef}]"), "spec.rules[0].filters[0]",
     "extensionRef must be set where type is ExtensionRef, and only there"},
    {grpc("filters: [" +
          times(2, "{type: RequestHeaderModifier, requestHeaderModifier: {remove: [a]}}") + "]"),
     "spec.rules[0]", "RequestHeaderModifier must stand at most once"},
    {grpc("backendRefs: [{name: s, port: 1, filters: [" +
          times(2, "{type: ResponseHeaderModifier, responseHeaderModifier: {remove: [a]}}") +
          "]}]"),
     "spec.rules[0].backendRefs[0]", "ResponseHeaderModifier must stand at most once"},
    {of("GRPCRoute", "rules: [{name: a}, {name: a}]"), "spec", "names of rules must differ"},
    {of("GRPCRoute", "rules: [" + times(3, "{matches: [" + times(43, "{}") + "]}") + "]"), "spec",
     "all rules together must have at most 128 matches"},
    {of("TLSRoute", "hostnames: [1.2.3.4], rules: [{backendRefs: [{name: s, port: 1}]}]"), "spec",
     "hostnames must not be IP addresses"},
    {listeners("{name: a, port: 80, protocol: HTTP, tls: {options: {a: b}}}"), "spec",
     "tls must not be set on a listener of protocol HTTP, TCP or UDP"},
    {tls("mode: Passthrough"), "spec",
     "tls.mode must be Terminate on a listener of protocol HTTPS"},
    {listeners("{name: a, port: 80, protocol: TLS}"), "spec",
     "tls must be set on a listener of protocol TLS"},
    {listeners("{name: a, port: 80, protocol: UDP, hostname: a.b}"), "spec",
     "hostname must not be set on a listener of protocol TCP or UDP"},
    {listeners("{name: a, port: 80, protocol: HTTP, hostname: a.b}, "
               "{name: b, port: 80, protocol: HTTP, hostname: a.b}"),
     "spec", "listeners must differ in port, protocol or hostname"},
    {listener_set("{name: a, port: 80, protocol: HTTP}, {name: b, port: 80, protocol: HTTP}"),
     "spec", "listeners must differ in port, protocol or hostname"},
    {listeners("{name: a, port: 80, protocol: TCP, filters: {}}"), "spec",
     "filters need a listener of protocol HTTP or HTTPS"},
    {listener_filter("type: ExternalAuth"), "spec.listeners[0].filters.requests[0]",
     "externalAuth must be set where type is ExternalAuth, and only there"},
    {listener_filter("type: ExtensionRef"), "spec.listeners[0].filters.requests[0]",
     "extensionRef must be set where type is ExtensionRef, and only there"},
    {gateway("addresses: [{value: 1.1.1.1}, {value: 1.1.1.1}]"), "spec",
     "addresses of type IPAddress must differ"},
    {gateway("addresses: [{type: Hostname, value: a}, {type: Hostname, value: a}]"), "spec",
     "addresses of type Hostname must differ"},
    {gateway("addresses: [{value: a.b}]"), "spec.addresses[0]",
     "value must be an IP address where type is IPAddress"},
    {gateway("addresses: [{type: Hostname, value: a_b}]"), "spec.addresses[0]",
     "value must be a hostname where type is Hostname"},
    {gateway("addresses: [{routability: Private}]"), "spec.addresses[0]",
     "routability must be Cluster, or domain/name of a domain other than k8s.io"},
    {gateway("addresses: [{routability: a.k8s.io/x}]"), "spec.addresses[0]",
     "routability must be Cluster, or domain/name of a domain other than k8s.io"},
    {status_address("value: a"), "status.addresses[0]",
     "value must be an IP address where type is IPAddress"},
    {status_address("type: Hostname, value: a_b"), "status.addresses[0]",
     "value must be a hostname where type is Hostname"},
    {status_address("value: 1.1.1.1, routability: x"), "status.addresses[0]",
     "routability must be Cluster, or domain/name of a domain other than k8s.io"},
    {gateway("infrastructure: {labels: {'a/b/c': d}}"), "spec.infrastructure",
     "names of labels must have the form [prefix/]name"},
    {gateway("infrastructure: {labels: {" + std::string(253, 'a') + "/b: c}}"),
     "spec.infrastructure", "prefixes of labels' names must be shorter than 253 characters"},
    {gateway("infrastructure: {annotations: {'-': d}}"), "spec.infrastructure",
     "names of annotations must have the form [prefix/]name"},
    {gateway("infrastructure: {annotations: {" + std::string(253, 'a') + "/b: c}}"),
     "spec.infrastructure", "prefixes of annotations' names must be shorter than 253 characters"},
    {gateway("tls: {frontend: {default: {validation: {caCertificateRefs: [{group: "
             "certificates.k8s.io, kind: ClusterTrustBundle, name: b, namespace: ns}]}}}}"),
     "spec.tls.frontend.default.validation",
     "a reference to a ClusterTrustBundle must have no namespace"},
    {tls_policy(target("") + ", " + target(", sectionName: a"), "wellKnownCACertificates: System"),
     "spec", "targetRefs to the same object must all set sectionName"},
    {tls_policy(times(2, target("")), "wellKnownCACertificates: System"), "spec",
     "targetRefs to the same object must differ in sectionName"},
    {tls_policy(target(""), ""), "spec.validation",
     "set exactly one of caCertificateRefs and wellKnownCACertificates"},
    {tls_policy(target(""),
                "wellKnownCACertificates: System, caCertificateRefs: [{group: '', "
                "kind: ConfigMap, name: c}]"),
     "spec.validation", "set exactly one of caCertificateRefs and wellKnownCACertificates"},
    {alt_name("type: Hostname"), "spec.validation.subjectAltNames[0]",
     "hostname must be set where type is Hostname, and only there"},
    {alt_name("type: URI"), "spec.validation.subjectAltNames[0]",
     "uri must be set where type is URI, and only there"},
    {tls("mode: Terminate"), "spec.listeners[0].tls",
     "certificateRefs or options must be set where mode is Terminate"},
    {backend("endpoints: [{ip: {address: 1.1.1.1, port: 1}, fqdn: {hostname: a.b, port: 1}}]"),
     "spec.endpoints[0]", "set exactly one of fqdn, ip and unix"},
    {backend("endpoints: [{ip: {address: 1.1.1.1, port: 1}}, {fqdn: {hostname: a.b, port: 1}}]"),
     "spec", "fqdn endpoints can't be mixed with others"},
    {backend("type: DynamicResolver, endpoints: [{ip: {address: 1.1.1.1, port: 1}}]"), "spec",
     "a DynamicResolver has no endpoints"},
    {proxy("provider: {type: Host}"), "spec.provider", "host must be set where type is Host"},
    {proxy("bootstrap: {type: JSONPatch}"), "spec.bootstrap",
     "value must be set, or for type JSONPatch jsonPatches"},
    {certificates("", "challenges: [{type: DNS-01}]"), "spec.acme.issuers[0].challenges[0]",
     "hook must be set where type is DNS-01, and only there"},
    {certificates("targetRefs: [{group: gateway.networking.k8s.io, kind: HTTPRoute, name: r}], ",
                  "keyType: RSA-2048"),
     "spec", "targetRefs must name Gateways or ListenerSets"},
    {"{apiVersion: gateway.envoyproxy.io/v1alpha1, kind: HTTPRouteFilter, metadata: {name: f}, "
     "spec: {credentialInjection: {credential: {}}}}",
     "spec.credentialInjection.credential", "set exactly one of valueRef and clientCredentials"},
    {"{apiVersion: gateway.envoyproxy.io/v1alpha1, kind: HTTPRouteFilter, metadata: {name: f}, "
     "spec: {credentialInjection: {credential: {clientCredentials: {tokenEndpoint: 'https://a.b', "
     "clientID: c, clientSecret: {name: s}, backendRef: {name: s, port: 1}}}}}}",
     "spec.credentialInjection.credential.clientCredentials",
     "clientCredentials: use backendRefs, not backendRef"},
};

std::vector<BrokenObject> all_broken() {
  std::vector<BrokenObject> all = kBroken;
  for (BrokenObject& it : broken_backends()) all.push_back(std::move(it));
  for (BrokenObject& it : broken_security_policies()) all.push_back(std::move(it));
  for (BrokenObject& it : broken_client_traffic_policies()) all.push_back(std::move(it));
  for (BrokenObject& it : broken_cluster_settings()) all.push_back(std::move(it));
  return all;
}

TEST(Rules, Reject) {
  for (const BrokenObject& it : all_broken()) {
    const Problems problems = problems_of(it.document);
    ASSERT_EQ(problems.size(), 1u) << it.document << (problems.empty() ? "" : problems[0].message);
    EXPECT_EQ(problems[0].path, it.path) << it.document;
    EXPECT_EQ(problems[0].message, it.message) << it.document;
  }
}

TEST(Rules, Accept) {
  for (const std::string& document : {
           path("value: /a/b"),
           path("type: RegularExpression, value: 'a//b#'"),
           path("type: Exact"),
           filter(
               "type: URLRewrite, urlRewrite: {path: {type: ReplaceFullPath, replaceFullPath: /}}"),
           filter("type: RequestRedirect, requestRedirect: {statusCode: 308}"),
           filter("type: RequestMirror, requestMirror: {backendRef: {name: s, port: 1}, "
                  "fraction: {numerator: 7, denominator: 8}}"),
           route("timeouts: {request: 0s, backendRequest: 2s}"),
           route("timeouts: {request: 1m, backendRequest: 60s}"),
           route("backendRefs: [{group: gateway.envoyproxy.io, kind: Backend, name: s}]"),
           route("backendRefs: [{name: s, port: 1, namespace: null}], filters: null"),
           route("sessionPersistence: {absoluteTimeout: 1h, cookie: {lifetimeType: Permanent}}"),
           grpc("sessionPersistence: {type: Header, header: {name: x-s}}"),
           auth("protocol: GRPC, grpc: {allowedHeaders: [x-a]}"),
           auth("protocol: HTTP, http: {path: /auth}, forwardBody: {maxSize: 10}"),
           filter("type: CORS, cors: {allowOrigins: ['*'], allowMethods: ['*']}"),
           route("filters: [{type: URLRewrite, urlRewrite: " + kPrefix + "}]"),
           route("filters: [{type: URLRewrite, urlRewrite: " + kPrefix +
                 "}], matches: [{method: GET}]"),
           of("HTTPRoute", "rules: [{name: a}, {}, {}, {name: b}], useDefaultGateways: All"),
           of("HTTPRoute", "rules: [" + times(2, "{matches: [" + times(64, "{}") + "]}") + "]"),
           of("HTTPRoute",
              "parentRefs: [{name: g, sectionName: a}, {name: g, sectionName: b}, {name: h}]"),
           of("GRPCRoute", ""),
           grpc_method("service: .pkg.Service, method: Get"),
           grpc_method("type: RegularExpression, service: 'a.*'"),
           of("TLSRoute", "hostnames: ['*.a.b'], rules: [{backendRefs: [{name: s, port: 1}]}]"),
           of("TCPRoute", "rules: [{backendRefs: [{name: s, port: 1, weight: 2}]}]"),
           of("UDPRoute", "rules: [{name: a, backendRefs: [{name: s, port: 1}]}]"),
           listener_set("{name: a, port: 80, protocol: HTTP}, {name: b, port: 81, protocol: UDP}"),
           listeners(
               "{name: a, port: 80, protocol: HTTP}, {name: b, port: 80, protocol: HTTP, "
               "hostname: a.b}, {name: c, port: 443, protocol: TLS, tls: {mode: Passthrough}}"),
           gateway("addresses: [{value: '::1', routability: example.com/lan}, {type: Hostname}], "
                   "allowedListeners: {namespaces: {from: All}}, defaultScope: All"),
           gateway("infrastructure: {labels: {a.b/c: d}, annotations: {x: 'any text'}}"),
           gateway("tls: {backend: {clientCertificateRef: {name: s}}, frontend: {default: {}, "
                   "perPort: [{port: 443, tls: {validation: {mode: AllowInsecureFallback, "
                   "caCertificateRefs: [{group: '', kind: ConfigMap, name: c}]}}}]}}"),
           status_address("type: Hostname, value: a.b, routability: Cluster"),
           tls_policy(target(", sectionName: a") + ", " + target(", sectionName: b"),
                      "wellKnownCACertificates: System"),
           tls_policy(target(""), "caCertificateRefs: [{group: '', kind: ConfigMap, name: c}]"),
           alt_name("type: URI, uri: 'spiffe://a.b/c'"),
           alt_name("type: Hostname, hostname: '*.a.b'"),
           tls("certificateRefs: [{name: s}]"),
           tls("options: {a: b}"),
           backend("endpoints: [{fqdn: {hostname: a.b, port: 1}}]"),
           backend("endpoints: [{ip: {address: 1.1.1.1, port: 1}, hostname: a.b}], tls: "
                   "{insecureSkipVerify: true, autoSNIFromEndpointHostname: true}"),
           proxy("provider: {type: Host, host: {}}"),
           proxy("bootstrap: {value: 'admin: {}'}"),
       }) {
    const Problems problems = problems_of(document);
    EXPECT_TRUE(problems.empty()) << document << ": " << problems[0].path << problems[0].message;
  }
}

TEST(Bounds, Reject) {
  const struct {
    std::string document, path;
  } broken[] = {
      {filter("type: CORS, cors: {allowOrigins: [a.b]}"),
       "spec.rules[0].filters[0].cors.allowOrigins[0]"},
      {filter("type: CORS, cors: {allowMethods: [GET, GET]}"),
       "spec.rules[0].filters[0].cors.allowMethods[1]"},
      {filter("type: CORS, cors: {allowMethods: [GETS]}"),
       "spec.rules[0].filters[0].cors.allowMethods[0]"},
      {filter(
           "type: RequestHeaderModifier, requestHeaderModifier: {set: [{name: a, value: ' x'}]}"),
       "spec.rules[0].filters[0].requestHeaderModifier.set[0].value"},
      {route("retry: {codes: [500, 500]}"), "spec.rules[0].retry.codes[1]"},
      {of("TCPRoute", "rules: []"), "spec.rules"},
      {of("TCPRoute", "rules: [{backendRefs: []}]"), "spec.rules[0].backendRefs"},
      {of("TLSRoute", "rules: [{backendRefs: [{name: s, port: 1}]}]"), "spec.hostnames"},
      {of("HTTPRoute", "parentRefs: [{name: g, kind: 1a}]"), "spec.parentRefs[0].kind"},
      {listeners("{name: a, port: 80, protocol: HTTP, hostname: ''}"),
       "spec.listeners[0].hostname"},
      {listeners("{name: a, port: 80, protocol: 'H TTP'}"), "spec.listeners[0].protocol"},
      {listeners("{name: a, port: 80, protocol: HTTP, allowedRoutes: {namespaces: {from: None}}}"),
       "spec.listeners[0].allowedRoutes.namespaces.from"},
      {gateway("addresses: [{type: x}]"), "spec.addresses[0].type"},
      {gateway("tls: {frontend: {default: {validation: {caCertificateRefs: []}}}}"),
       "spec.tls.frontend.default.validation.caCertificateRefs"},
      {gateway("tls: {frontend: {default: {}, perPort: [{port: 1, tls: {}}, {port: 1, tls: {}}]}}"),
       "spec.tls.frontend.perPort[1]"},
      {tls_policy(target(""), "wellKnownCACertificates: Mine"),
       "spec.validation.wellKnownCACertificates"},
      {alt_name("type: URI, uri: a/b"), "spec.validation.subjectAltNames[0].uri"},
  };
  for (const auto& it : broken) {
    const Problems problems = problems_of(it.document);
    ASSERT_EQ(problems.size(), 1u) << it.document;
    EXPECT_EQ(problems[0].path, it.path) << it.document;
  }
}

void collect(const schema::Schema& schema, std::set<std::string>& seen,
             std::set<std::string>& messages);
void collect(const schema::Type& type, std::set<std::string>& seen,
             std::set<std::string>& messages) {
  if (type.element != nullptr) collect(*type.element, seen, messages);
  if (type.object != nullptr) collect(type.object(), seen, messages);
}
void collect(const schema::Schema& schema, std::set<std::string>& seen,
             std::set<std::string>& messages) {
  if (!seen.insert(std::string(schema.name)).second) return;
  for (const schema::Rule& rule : schema.rules) messages.insert(std::string(rule.message));
  for (const schema::Field& field : schema.fields) collect(*field.type, seen, messages);
}

TEST(Rules, EachIsTested) {
  std::set<std::string> seen, messages;
  for (const KindInfo& kind : all_kinds()) collect(kind.schema(), seen, messages);
  ASSERT_FALSE(messages.empty());
  for (const BrokenObject& it : all_broken()) messages.erase(it.message);
  for (const std::string& message : messages) ADD_FAILURE() << "no test breaks: " << message;
}

// For test/crds, which asks Kubernetes about the same objects.
TEST(Rules, WriteThemDown) {
  const char* file = std::getenv("LIMEN_BROKEN_RULES");
  if (file == nullptr) GTEST_SKIP() << "nobody asks for them";
  std::ofstream out(file);
  for (const BrokenObject& it : all_broken()) out << "---\n" << it.document << "\n";
  ASSERT_TRUE(out.flush());
}

}  // namespace
}  // namespace limen::api

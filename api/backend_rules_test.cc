// Every rule of Backend.spec.tls and of what it shares with others is broken once here.
#include "api/rules_test.h"

namespace limen::api {
namespace {

std::string backend(const std::string& spec) {
  return "{apiVersion: gateway.envoyproxy.io/v1alpha1, kind: Backend, metadata: {name: b}, spec: {" +
         spec + "}}";
}
// Of a Backend whose endpoint is a name.
std::string tls(const std::string& text) {
  return backend("endpoints: [{fqdn: {hostname: a.b, port: 1}}], tls: {" + text + "}");
}
std::string defaults(const std::string& text) {
  return "{apiVersion: gateway.envoyproxy.io/v1alpha1, kind: EnvoyProxy, metadata: {name: p}, spec: "
         "{backendTLS: {" +
         text + "}}}";
}

constexpr char kCas[] = "caCertificateRefs: [{group: '', kind: ConfigMap, name: c}]";

const std::vector<BrokenObject> kBroken = {
    {tls(std::string(kCas) + ", wellKnownCACertificates: System"), "spec.tls",
     "set only one of caCertificateRefs and wellKnownCACertificates"},
    {tls(std::string(kCas) + ", insecureSkipVerify: true"), "spec.tls",
     "insecureSkipVerify can't be used with caCertificateRefs or wellKnownCACertificates"},
    {tls("wellKnownCACertificates: System, insecureSkipVerify: true"), "spec.tls",
     "insecureSkipVerify can't be used with caCertificateRefs or wellKnownCACertificates"},
    {tls("sni: a.b, autoSNIFromEndpointHostname: true"), "spec.tls",
     "set only one of sni and autoSNIFromEndpointHostname"},
    {tls("ciphers: [x], minVersion: '1.3'"), "spec.tls",
     "ciphers have no effect where minVersion is 1.3"},
    {tls("minVersion: '1.3', maxVersion: '1.2'"), "spec.tls",
     "minVersion must not be newer than maxVersion"},
    {defaults("maxVersion: '1.1'"), "spec.backendTLS",
     "minVersion must not be newer than maxVersion"},
    {backend("type: DynamicResolver, tls: {autoSNIFromEndpointHostname: true}"), "spec",
     "a DynamicResolver has no endpoints for autoSNIFromEndpointHostname"},
    {backend("endpoints: [{ip: {address: 1.1.1.1, port: 1}, hostname: a.b}, {unix: {path: /a}}], "
             "tls: {autoSNIFromEndpointHostname: true}"),
     "spec", "with autoSNIFromEndpointHostname endpoints by ip or unix need a hostname"},
};

}  // namespace

std::vector<BrokenObject> broken_backends() { return kBroken; }

}  // namespace limen::api

// Every rule of every table is broken once here, and a sound object of each kind breaks none.
#include <gtest/gtest.h>

#include <set>

#include "api/objects.h"
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
std::string proxy(const std::string& spec) {
  return "{apiVersion: gateway.envoyproxy.io/v1alpha1, kind: EnvoyProxy, metadata: {name: p}, spec: {" +
         spec + "}}";
}
std::string tls(const std::string& text) {
  return "{apiVersion: gateway.networking.k8s.io/v1, kind: Gateway, metadata: {name: g}, spec: "
         "{gatewayClassName: c, listeners: [{name: a, port: 443, protocol: HTTPS, tls: {" +
         text + "}}]}}";
}

struct Broken {
  std::string document;
  std::string path;
  std::string message;
};

const std::vector<Broken> kBroken = {
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
    {filter(
         "type: RequestHeaderModifier, requestHeaderModifier: {}}, {type: RequestHeaderModifier, "
         "requestHeaderModifier: {}"),
     "spec.rules[0]",
     "RequestHeaderModifier must stand at most once: write all its changes into one"},
    {filter(
         "type: ResponseHeaderModifier, responseHeaderModifier: {}}, {type: ResponseHeaderModifier, "
         "responseHeaderModifier: {}"),
     "spec.rules[0]",
     "ResponseHeaderModifier must stand at most once: write all its changes into one"},
    {route("filters: [{type: URLRewrite, urlRewrite: {hostname: a.b}}, {type: RequestRedirect, "
           "requestRedirect: {port: 1}}]"),
     "spec.rules[0]", "RequestRedirect and URLRewrite exclude each other"},
    {route("backendRefs: [{name: s}]"), "spec.rules[0].backendRefs[0]",
     "a reference to a Service needs a port"},
    {route("sessionPersistence: {cookieConfig: {lifetimeType: Permanent}}"),
     "spec.rules[0].sessionPersistence",
     "absoluteTimeout must be set where cookieConfig.lifetimeType is Permanent"},
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
};

TEST(Rules, Reject) {
  for (const Broken& it : kBroken) {
    const Problems problems = problems_of(it.document);
    ASSERT_EQ(problems.size(), 1u) << it.document << (problems.empty() ? "" : problems[0].message);
    EXPECT_EQ(problems[0].path, it.path) << it.document;
    EXPECT_EQ(problems[0].message, it.message) << it.document;
  }
}

TEST(Rules, Accept) {
  for (
      const std::string& document : {
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
          route(
              "sessionPersistence: {absoluteTimeout: 1h, cookieConfig: {lifetimeType: Permanent}}"),
          tls("certificateRefs: [{name: s}]"),
          tls("options: {a: b}"),
          backend("endpoints: [{fqdn: {hostname: a.b, port: 1}}]"),
          proxy("provider: {type: Host, host: {}}"),
          proxy("bootstrap: {value: 'admin: {}'}"),
      }) {
    const Problems problems = problems_of(document);
    EXPECT_TRUE(problems.empty()) << document << ": " << problems[0].path << problems[0].message;
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
  for (const Broken& it : kBroken) messages.erase(it.message);
  for (const std::string& message : messages) ADD_FAILURE() << "no test breaks: " << message;
}

}  // namespace
}  // namespace limen::api

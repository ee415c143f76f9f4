// Objects for tests of translation, from one line of YAML each.  Included by *_test.cc only.
#pragma once

#include <gtest/gtest.h>

#include <string>

#include "api/objects.h"
#include "base/yaml.h"

namespace limen::translate {

inline api::ObjectChange object(const std::string& text) {
  const api::ParsedObject parsed =
      api::parse_object(parse_yaml_chunk(split_yaml(text).at(0))->value);
  EXPECT_TRUE(parsed.problems.empty()) << parsed.problems[0].message << "\n" << text;
  return {parsed.kind->kind, parsed.key, parsed.object};
}

// GatewayClass "c", which is ours.
inline api::ObjectChange our_class() {
  return object(
      "{apiVersion: gateway.networking.k8s.io/v1, kind: GatewayClass, metadata: {name: c}, spec: "
      "{controllerName: gateway.envoyproxy.io/gatewayclass-controller}}");
}

// Gateway "g" of it; `spec` goes on from the class's name: "listeners: [...]".
inline api::ObjectChange gateway(const std::string& spec) {
  return object(
      "{apiVersion: gateway.networking.k8s.io/v1, kind: Gateway, metadata: {name: g}, spec: "
      "{gatewayClassName: c, " +
      spec + "}}");
}

// Backend "b".
inline api::ObjectChange some_backend() {
  return object(
      "{apiVersion: gateway.envoyproxy.io/v1alpha1, kind: Backend, metadata: {name: b}, spec: "
      "{endpoints: [{ip: {address: 127.0.0.1, port: 1}}]}}");
}

}  // namespace limen::translate

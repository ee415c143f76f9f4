#include "providers/kube/anchor.h"

#include <algorithm>

namespace limen::providers {
namespace {

constexpr char kServiceNameLabel[] = "kubernetes.io/service-name";

const Json& member(const Json& object, std::string_view name) {
  static const Json kNone;
  const Json* found = object.find(name);
  return found == nullptr ? kNone : *found;
}

const Json::Array& elements(const Json& object, std::string_view name) {
  static const Json::Array kNone;
  const Json& list = member(object, name);
  return list.is_array() ? list.as_array() : kNone;
}

api::ObjectKey key_of(const Json& reference, const Text& name_space) {
  const std::string_view other = reference.text("namespace");
  return {other.empty() ? name_space : Text(other), Text(reference.text("name"))};
}

Anchors parents_of(const Json& spec, const Text& name_space) {
  Anchors anchors;
  const auto add = [&](const Json& reference) {
    if (auto anchor = anchor_of_parent(reference, name_space)) anchors.push_back(*anchor);
  };
  for (const Json& reference : elements(spec, "parentRefs")) add(reference);
  if (const Json* reference = spec.find("parentRef")) add(*reference);
  return anchors;
}

Anchors targets_of(const Json& spec, const Text& name_space) {
  Anchors anchors;
  for (const Json& reference : elements(spec, "targetRefs"))
    anchors.push_back({Anchor::Kind::kName, {name_space, Text(reference.text("name"))}});
  return anchors;
}

// What a route or policy attaches to is of use without it; matches name headers.
bool is_no_reference(std::string_view member) {
  return member == "parentRefs" || member == "parentRef" || member == "targetRefs" ||
         member == "matches";
}

void add_names(const Json& value, const Text& name_space, Anchors& out) {
  if (value.is_array()) {
    for (const Json& element : value.as_array()) add_names(element, name_space, out);
  } else if (value.is_object()) {
    if (!value.text("name").empty())
      out.push_back({Anchor::Kind::kName, key_of(value, name_space)});
    for (const auto& [name, inner] : value.as_object()) {
      if (!is_no_reference(name)) add_names(inner, name_space, out);
    }
  }
}

bool is_ours(const Json& gateway_class, std::string_view controller) {
  return member(gateway_class, "spec").text("controllerName") == controller;
}

}  // namespace

bool is_always_of_use(api::Kind kind) {
  using enum api::Kind;
  return kind == kGatewayClass || kind == kReferenceGrant || kind == kBackend ||
         kind == kEnvoyProxy || kind == kHttpRouteFilter || kind == kSecurityPolicy ||
         kind == kClientTrafficPolicy || kind == kCertificatePolicy || kind == kNamespace ||
         kind == kClusterTrustBundle;
}

std::optional<Anchor> anchor_of_parent(const Json& reference, const Text& name_space) {
  const Json* group = reference.find("group");
  if (group != nullptr && reference.text("group") != api::kGatewayGroup) return std::nullopt;
  const std::string_view kind = reference.text("kind");
  const api::ObjectKey key = key_of(reference, name_space);
  if (kind.empty() || kind == "Gateway") return Anchor{Anchor::Kind::kGateway, key};
  if (kind == "ListenerSet") return Anchor{Anchor::Kind::kListenerSet, key};
  return std::nullopt;
}

Anchors anchors_of(api::Kind kind, const api::ObjectKey& key, const Json& object) {
  using enum api::Kind;
  const Json& spec = member(object, "spec");
  if (kind == kGateway) return {{Anchor::Kind::kClass, {"", Text(spec.text("gatewayClassName"))}}};
  if (kind == kListenerSet || api::is_route(kind)) return parents_of(spec, key.name_space);
  if (kind == kBackendTlsPolicy) return targets_of(spec, key.name_space);
  if (kind == kEndpointSlice) {
    const Json& labels = member(member(object, "metadata"), "labels");
    return {{Anchor::Kind::kName, {key.name_space, Text(labels.text(kServiceNameLabel))}}};
  }
  return {{Anchor::Kind::kName, key}};
}

Anchors offers_of(api::Kind kind, const api::ObjectKey& key, const Json& object,
                  std::string_view controller) {
  using enum api::Kind;
  Anchors offers;
  if (kind == kGatewayClass && !is_ours(object, controller)) return offers;
  if (kind == kGatewayClass) offers.push_back({Anchor::Kind::kClass, key});
  if (kind == kGateway) offers.push_back({Anchor::Kind::kGateway, key});
  if (kind == kListenerSet) offers.push_back({Anchor::Kind::kListenerSet, key});
  if (kind <= kCertificatePolicy && kind != kReferenceGrant)
    add_names(member(object, "spec"), key.name_space, offers);
  std::sort(offers.begin(), offers.end());
  offers.erase(std::unique(offers.begin(), offers.end()), offers.end());
  return offers;
}

}  // namespace limen::providers

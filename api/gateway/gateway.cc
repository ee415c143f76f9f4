#include "api/gateway/listener_rules.h"
#include "api/gateway/tables.h"

namespace limen::api {

using schema::items;
using schema::length;
using schema::object;
using schema::pattern;
using schema::required;
using schema::unique_by;

constexpr char kAddressTypePattern[] =
    R"p(^Hostname|IPAddress|NamedAddress|[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*\/[A-Za-z0-9\/\-._~%!$&'()*+,;=:]+$)p";

// What is true of addresses in spec and status.  The form of the prefix of `routability` is that of
// a DNS subdomain.
template <class T>
static object<T>&& with_address_rules(object<T>&& table) {
  return std::move(table)
      .rule("self.type != 'IPAddress' || !has(self.value) || isIP(self.value)",
            "value must be an IP address where type is IPAddress")
      .rule(
          R"(self.type != 'Hostname' || !has(self.value) || self.value.matches(r'^(\*\.)?[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$'))",
          "value must be a hostname where type is Hostname")
      .rule(
          R"(!has(self.routability) || size(self.routability) == 0 || self.routability == 'Cluster' || (self.routability.matches('^.*/.+$') && self.routability.split('/')[0].matches(r'^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$') && self.routability.split('/')[0] != 'k8s.io' && !self.routability.split('/')[0].endsWith('.k8s.io')))",
          "routability must be Cluster, or domain/name of a domain other than k8s.io");
}

const Schema& schema_of(const GatewaySpecAddress*) {
  static const Schema schema = with_address_rules(
      object<GatewaySpecAddress>("GatewaySpecAddress", "An address that is asked for.")
          .field<&GatewaySpecAddress::type>("type", "IPAddress, Hostname or NamedAddress.",
                                            length(1, 253), pattern(kAddressTypePattern))
          .field<&GatewaySpecAddress::value>("value", "The address; any where empty.",
                                             length(0, 253))
          .field<&GatewaySpecAddress::routability>("routability", "From where it can be reached.",
                                                   length(0, 253)));
  return schema;
}

const Schema& schema_of(const GatewayInfrastructure*) {
  static const Schema schema =
      object<GatewayInfrastructure>("GatewayInfrastructure", "What is made for the Gateway.")
          .field<&GatewayInfrastructure::labels>(
              "labels", "Labels for it.", items(0, 8),
              each(length(0, 63), pattern("^(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?$")))
          .field<&GatewayInfrastructure::annotations>("annotations", "Annotations for it.",
                                                      items(0, 16), each(length(0, 4096)))
          .field<&GatewayInfrastructure::parameters_ref>("parametersRef",
                                                         "An EnvoyProxy of the same namespace.")
          .rule(
              R"(!has(self.labels) || self.labels.all(key, key.matches(r'^([a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*/)?([A-Za-z0-9][-A-Za-z0-9_.]{0,61})?[A-Za-z0-9]$')))",
              "names of labels must have the form [prefix/]name")
          .rule("!has(self.labels) || self.labels.all(key, key.split('/')[0].size() < 253)",
                "prefixes of labels' names must be shorter than 253 characters")
          .rule(
              R"(!has(self.annotations) || self.annotations.all(key, key.matches(r'^([a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*/)?([A-Za-z0-9][-A-Za-z0-9_.]{0,61})?[A-Za-z0-9]$')))",
              "names of annotations must have the form [prefix/]name")
          .rule(
              "!has(self.annotations) || self.annotations.all(key, key.split('/')[0].size() < 253)",
              "prefixes of annotations' names must be shorter than 253 characters");
  return schema;
}

std::vector<std::string_view> names_of(const ListenerSetsFrom*) {
  return {"All", "Selector", "Same", "None"};
}

const Schema& schema_of(const ListenerNamespaces*) {
  static const Schema schema =
      object<ListenerNamespaces>("ListenerNamespaces",
                                 "Namespaces that ListenerSets may come from.")
          .field<&ListenerNamespaces::from>("from", "Which namespaces.")
          .field<&ListenerNamespaces::selector>("selector",
                                                "Labels of the namespaces, for `from: Selector`.");
  return schema;
}

const Schema& schema_of(const AllowedListeners*) {
  static const Schema schema =
      object<AllowedListeners>("AllowedListeners", "ListenerSets that may attach.")
          .field<&AllowedListeners::namespaces>("namespaces", "From which namespaces.");
  return schema;
}

const Schema& schema_of(const GatewaySpec*) {
  static const Schema schema = with_listener_rules(
      object<GatewaySpec>("GatewaySpec", "What a Gateway listens on.")
          .field<&GatewaySpec::gateway_class_name>("gatewayClassName", "Its GatewayClass.",
                                                   required(), length(1, 253))
          .field<&GatewaySpec::listeners>("listeners", "Its listeners.", required(), items(1, 64),
                                          unique_by({"name"}))
          .field<&GatewaySpec::addresses>("addresses", "Addresses that are asked for.",
                                          items(0, 16))
          .field<&GatewaySpec::infrastructure>("infrastructure", "What is made for it.")
          .field<&GatewaySpec::allowed_listeners>("allowedListeners",
                                                  "ListenerSets that may attach; none where unset.")
          .field<&GatewaySpec::tls>("tls", "TLS of all its listeners, and towards backends.")
          .field<&GatewaySpec::default_scope>(
              "defaultScope", "Whether routes that name no Gateway use this one. GEP-3793.",
              schema::not_in_effect())
          .rule(
              "!has(self.addresses) || self.addresses.all(a1, (a1.type == 'IPAddress' && has(a1.value)) ? self.addresses.exists_one(a2, a2.type == a1.type && has(a2.value) && a2.value == a1.value) : true)",
              "addresses of type IPAddress must differ")
          .rule(
              "!has(self.addresses) || self.addresses.all(a1, (a1.type == 'Hostname' && has(a1.value)) ? self.addresses.exists_one(a2, a2.type == a1.type && has(a2.value) && a2.value == a1.value) : true)",
              "addresses of type Hostname must differ")
          .rule("self.listeners.all(l, !has(l.filters) || l.protocol in ['HTTP', 'HTTPS'])",
                "filters need a listener of protocol HTTP or HTTPS"));
  return schema;
}

const Schema& schema_of(const GatewayStatusAddress*) {
  static const Schema schema = with_address_rules(
      object<GatewayStatusAddress>("GatewayStatusAddress", "An address that is bound.")
          .field<&GatewayStatusAddress::type>("type", "IPAddress or Hostname.", length(1, 253),
                                              pattern(kAddressTypePattern))
          .field<&GatewayStatusAddress::value>("value", "The address.", required(), length(1, 253))
          .field<&GatewayStatusAddress::routability>("routability", "From where it can be reached.",
                                                     length(0, 253)));
  return schema;
}

const Schema& schema_of(const GatewayStatus*) {
  static const Schema schema =
      object<GatewayStatus>("GatewayStatus", "State of a Gateway.")
          .field<&GatewayStatus::addresses>("addresses", "Addresses that are bound.", items(0, 16))
          .field<&GatewayStatus::conditions>("conditions", "Accepted, Programmed, ResolvedRefs.",
                                             items(0, 8), unique_by({"type"}))
          .field<&GatewayStatus::listeners>("listeners", "One entry a listener.", items(0, 64),
                                            unique_by({"name"}))
          .field<&GatewayStatus::attached_listener_sets>("attachedListenerSets",
                                                         "ListenerSets that are attached.");
  return schema;
}

const Schema& schema_of(const Gateway*) {
  static const Schema schema = object<Gateway>("Gateway", "Where traffic enters.")
                                   .field<&Gateway::metadata>("metadata", kMetadata, required())
                                   .field<&Gateway::spec>("spec", "What it listens on.", required())
                                   .field<&Gateway::status>("status", "Written by the controller.");
  return schema;
}

}  // namespace limen::api

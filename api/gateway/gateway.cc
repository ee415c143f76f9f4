#include "api/gateway/tables.h"

namespace limen::api {

using schema::items;
using schema::keep_empty;
using schema::length;
using schema::max;
using schema::min;
using schema::object;
using schema::pattern;
using schema::required;
using schema::unique_by;

constexpr char kMetadata[] = "Name, namespace, labels.";

const Schema& schema_of(const GatewayClassSpec*) {
  static const Schema schema =
      object<GatewayClassSpec>("GatewayClassSpec", "Which controller serves the class.")
          .field<&GatewayClassSpec::controller_name>(
              "controllerName", "The controller, as domain/path.", required(), length(1, 253))
          .field<&GatewayClassSpec::parameters_ref>(
              "parametersRef", "An EnvoyProxy with settings for all Gateways of the class.")
          .field<&GatewayClassSpec::description>("description", "For people.", length(0, 64));
  return schema;
}

const Schema& schema_of(const GatewayClassStatus*) {
  static const Schema schema =
      object<GatewayClassStatus>("GatewayClassStatus", "State of the class.")
          .field<&GatewayClassStatus::conditions>("conditions", "Accepted.");
  return schema;
}

const Schema& schema_of(const GatewayClass*) {
  static const Schema schema =
      object<GatewayClass>("GatewayClass", "A kind of Gateways, served by one controller.")
          .field<&GatewayClass::metadata>("metadata", kMetadata, required())
          .field<&GatewayClass::spec>("spec", "Which controller, with which settings.", required())
          .field<&GatewayClass::status>("status", "Written by the controller.");
  return schema;
}

std::vector<std::string_view> names_of(const TlsMode*) { return {"Terminate", "Passthrough"}; }
std::vector<std::string_view> names_of(const FromNamespaces*) {
  return {"All", "Selector", "Same", "None"};
}

const Schema& schema_of(const RouteGroupKind*) {
  static const Schema schema =
      object<RouteGroupKind>("RouteGroupKind", "A kind of routes.")
          .field<&RouteGroupKind::group>("group", "Group.", length(0, 253))
          .field<&RouteGroupKind::kind>("kind", "Kind.", required(), length(1, 63));
  return schema;
}

const Schema& schema_of(const RouteNamespaces*) {
  static const Schema schema =
      object<RouteNamespaces>("RouteNamespaces", "Namespaces that routes may come from.")
          .field<&RouteNamespaces::from>("from", "Which namespaces.")
          .field<&RouteNamespaces::selector>("selector",
                                             "Labels of the namespaces, for `from: Selector`.");
  return schema;
}

const Schema& schema_of(const AllowedRoutes*) {
  static const Schema schema =
      object<AllowedRoutes>("AllowedRoutes", "Routes that may attach to a listener.")
          .field<&AllowedRoutes::namespaces>("namespaces",
                                             "From which namespaces; the Gateway's where unset.")
          .field<&AllowedRoutes::kinds>(
              "kinds", "Of which kinds; those of the protocol where empty.", items(0, 8));
  return schema;
}

const Schema& schema_of(const ListenerTlsConfig*) {
  static const Schema schema =
      object<ListenerTlsConfig>("ListenerTLSConfig", "TLS of a listener.")
          .field<&ListenerTlsConfig::mode>("mode",
                                           "Who ends TLS: the proxy (Terminate) or the backend.")
          .field<&ListenerTlsConfig::certificate_refs>(
              "certificateRefs", "Secrets of type kubernetes.io/tls.", items(0, 64))
          .field<&ListenerTlsConfig::options>("options", "Settings of the implementation.",
                                              items(0, 16))
          .rule(
              "!has(self.mode) || self.mode != 'Terminate' || (has(self.certificateRefs) && size(self.certificateRefs) > 0) || (has(self.options) && size(self.options) > 0)",
              "certificateRefs or options must be set where mode is Terminate");
  return schema;
}

const Schema& schema_of(const Listener*) {
  static const Schema schema =
      object<Listener>("Listener", "A port, and what is served there.")
          .field<&Listener::name>("name", "Name, unique in the Gateway.", required(),
                                  length(1, 253), pattern(kSectionPattern))
          .field<&Listener::hostname>(
              "hostname",
              "Host that is served, exact or `*.` and a suffix; every host where unset.",
              length(0, 253),
              pattern(schema::Form{
                  R"(^$|^(\*\.)?[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$)",
                  kHostnamePattern.words}))
          .field<&Listener::port>("port", "Port.", required(), min(1), max(65535))
          .field<&Listener::protocol>("protocol", "HTTP, HTTPS, TLS, TCP or UDP.", required(),
                                      length(1, 255))
          .field<&Listener::tls>("tls", "TLS, for HTTPS and TLS.")
          .field<&Listener::allowed_routes>("allowedRoutes", "Routes that may attach.");
  return schema;
}

const Schema& schema_of(const GatewaySpecAddress*) {
  static const Schema schema =
      object<GatewaySpecAddress>("GatewaySpecAddress", "An address that is asked for.")
          .field<&GatewaySpecAddress::type>("type", "IPAddress or Hostname.", length(1, 253))
          .field<&GatewaySpecAddress::value>("value", "The address.", length(0, 253));
  return schema;
}

const Schema& schema_of(const GatewayInfrastructure*) {
  static const Schema schema =
      object<GatewayInfrastructure>("GatewayInfrastructure", "What is made for the Gateway.")
          .field<&GatewayInfrastructure::labels>("labels", "Labels for it.", items(0, 8))
          .field<&GatewayInfrastructure::annotations>("annotations", "Annotations for it.",
                                                      items(0, 8))
          .field<&GatewayInfrastructure::parameters_ref>("parametersRef",
                                                         "An EnvoyProxy of the same namespace.");
  return schema;
}

const Schema& schema_of(const GatewaySpec*) {
  static const Schema schema =
      object<GatewaySpec>("GatewaySpec", "What a Gateway listens on.")
          .field<&GatewaySpec::gateway_class_name>("gatewayClassName", "Its GatewayClass.",
                                                   required(), length(1, 253))
          .field<&GatewaySpec::listeners>("listeners", "Its listeners.", required(), items(1, 64),
                                          unique_by({"name"}))
          .field<&GatewaySpec::addresses>("addresses", "Addresses that are asked for.",
                                          items(0, 16))
          .field<&GatewaySpec::infrastructure>("infrastructure", "What is made for it.");
  return schema;
}

const Schema& schema_of(const GatewayStatusAddress*) {
  static const Schema schema =
      object<GatewayStatusAddress>("GatewayStatusAddress", "An address that is bound.")
          .field<&GatewayStatusAddress::type>("type", "IPAddress or Hostname.")
          .field<&GatewayStatusAddress::value>("value", "The address.", required());
  return schema;
}

const Schema& schema_of(const ListenerStatus*) {
  static const Schema schema =
      object<ListenerStatus>("ListenerStatus", "State of a listener.")
          .field<&ListenerStatus::name>("name", "The listener.", required())
          .field<&ListenerStatus::supported_kinds>("supportedKinds",
                                                   "Kinds of routes that can attach.", keep_empty())
          .field<&ListenerStatus::attached_routes>("attachedRoutes", "Routes that are attached.",
                                                   required())
          .field<&ListenerStatus::conditions>(
              "conditions", "Accepted, Programmed, ResolvedRefs, Conflicted.", keep_empty());
  return schema;
}

const Schema& schema_of(const GatewayStatus*) {
  static const Schema schema =
      object<GatewayStatus>("GatewayStatus", "State of a Gateway.")
          .field<&GatewayStatus::addresses>("addresses", "Addresses that are bound.")
          .field<&GatewayStatus::conditions>("conditions", "Accepted, Programmed.")
          .field<&GatewayStatus::listeners>("listeners", "One entry a listener.");
  return schema;
}

const Schema& schema_of(const Gateway*) {
  static const Schema schema = object<Gateway>("Gateway", "Where traffic enters.")
                                   .field<&Gateway::metadata>("metadata", kMetadata, required())
                                   .field<&Gateway::spec>("spec", "What it listens on.", required())
                                   .field<&Gateway::status>("status", "Written by the controller.");
  return schema;
}

const Schema& schema_of(const ReferenceGrantFrom*) {
  static const Schema schema =
      object<ReferenceGrantFrom>("ReferenceGrantFrom", "Who may refer into this namespace.")
          .field<&ReferenceGrantFrom::group>("group", "Group.", required(), length(0, 253))
          .field<&ReferenceGrantFrom::kind>("kind", "Kind.", required(), length(1, 63))
          .field<&ReferenceGrantFrom::name_space>("namespace", "Namespace.", required(),
                                                  length(1, 63));
  return schema;
}

const Schema& schema_of(const ReferenceGrantTo*) {
  static const Schema schema =
      object<ReferenceGrantTo>("ReferenceGrantTo", "What may be referred to.")
          .field<&ReferenceGrantTo::group>("group", "Group.", required(), length(0, 253))
          .field<&ReferenceGrantTo::kind>("kind", "Kind.", required(), length(1, 63))
          .field<&ReferenceGrantTo::name>("name", "Name; all of the kind where unset.",
                                          length(1, 253));
  return schema;
}

const Schema& schema_of(const ReferenceGrantSpec*) {
  static const Schema schema =
      object<ReferenceGrantSpec>("ReferenceGrantSpec", "Who may refer to what.")
          .field<&ReferenceGrantSpec::from>("from", "Who.", required(), items(1, 16))
          .field<&ReferenceGrantSpec::to>("to", "What.", required(), items(1, 16));
  return schema;
}

const Schema& schema_of(const ReferenceGrant*) {
  static const Schema schema =
      object<ReferenceGrant>("ReferenceGrant",
                             "Lets objects of other namespaces refer into this one.")
          .field<&ReferenceGrant::metadata>("metadata", kMetadata, required())
          .field<&ReferenceGrant::spec>("spec", "Who may refer to what.", required());
  return schema;
}

}  // namespace limen::api

#include "api/gateway/tables.h"

namespace limen::api {

using schema::each;
using schema::items;
using schema::keep_empty;
using schema::length;
using schema::max;
using schema::min;
using schema::object;
using schema::pattern;
using schema::required;
using schema::unique_by;

constexpr char kProtocolPattern[] =
    R"(^[a-zA-Z0-9]([-a-zA-Z0-9]*[a-zA-Z0-9])?$|[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*\/[A-Za-z0-9]+$)";

std::vector<std::string_view> names_of(const TlsMode*) { return {"Terminate", "Passthrough"}; }
std::vector<std::string_view> names_of(const FromNamespaces*) {
  return {"All", "Selector", "Same"};
}

std::vector<std::string_view> names_of(const ListenerFilterType*) {
  return {"ExternalAuth", "ExtensionRef"};
}

const Schema& schema_of(const RouteGroupKind*) {
  static const Schema schema =
      object<RouteGroupKind>("RouteGroupKind", "A kind of routes.")
          .field<&RouteGroupKind::group>("group", "Group.", length(0, 253), pattern(kGroupPattern))
          .field<&RouteGroupKind::kind>("kind", "Kind.", required(), length(1, 63),
                                        pattern(kKindPattern));
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
                                              items(0, 16), each(length(0, 4096)),
                                              schema::not_in_effect())
          .rule(
              "self.mode != 'Terminate' || (has(self.certificateRefs) && size(self.certificateRefs) > 0) || (has(self.options) && size(self.options) > 0)",
              "certificateRefs or options must be set where mode is Terminate");
  return schema;
}

const Schema& schema_of(const ListenerFilter*) {
  static const Schema schema =
      object<ListenerFilter>(
          "ListenerFilter",
          "A step in the handling of requests; exactly the member that `type` names is set.")
          .field<&ListenerFilter::type>("type", "Which step.", required())
          .field<&ListenerFilter::external_auth>("externalAuth",
                                                 "Asks a service whether the request may pass.")
          .field<&ListenerFilter::extension_ref>("extensionRef", "A filter of the implementation.")
          .rule("has(self.externalAuth) == (self.type == 'ExternalAuth')",
                "externalAuth must be set where type is ExternalAuth, and only there")
          .rule("has(self.extensionRef) == (self.type == 'ExtensionRef')",
                "extensionRef must be set where type is ExtensionRef, and only there");
  return schema;
}

const Schema& schema_of(const ListenerFilters*) {
  static const Schema schema =
      object<ListenerFilters>("ListenerFilters", "Steps that all requests of a listener take.")
          .field<&ListenerFilters::requests>("requests", "Steps before those of the routes.",
                                             items(0, 16));
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
              length(1, 253), pattern(kHostnamePattern))
          .field<&Listener::port>("port", "Port.", required(), min(1), max(65535))
          .field<&Listener::protocol>("protocol", "HTTP, HTTPS, TLS, TCP or UDP.", required(),
                                      length(1, 255), pattern(kProtocolPattern))
          .field<&Listener::tls>("tls", "TLS, for HTTPS and TLS.")
          .field<&Listener::allowed_routes>("allowedRoutes", "Routes that may attach.")
          .field<&Listener::filters>("filters",
                                     "Steps that all requests take. For HTTP and HTTPS.");
  return schema;
}

const Schema& schema_of(const ListenerStatus*) {
  static const Schema schema =
      object<ListenerStatus>("ListenerStatus", "State of a listener.")
          .field<&ListenerStatus::name>("name", "The listener.", required(), length(1, 253),
                                        pattern(kSectionPattern))
          .field<&ListenerStatus::supported_kinds>(
              "supportedKinds", "Kinds of routes that can attach.", items(0, 8), keep_empty())
          .field<&ListenerStatus::attached_routes>("attachedRoutes", "Routes that are attached.",
                                                   required())
          .field<&ListenerStatus::conditions>(
              "conditions", "Accepted, Programmed, ResolvedRefs, Conflicted.", required(),
              items(0, 8), unique_by({"type"}), keep_empty());
  return schema;
}

}  // namespace limen::api

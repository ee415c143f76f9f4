#include "api/envoy/tables.h"

namespace limen::api {

using schema::items;
using schema::length;
using schema::max;
using schema::min;
using schema::not_in_effect;
using schema::object;
using schema::one_of;
using schema::pattern;
using schema::required;

std::vector<std::string_view> names_of(const BackendType*) {
  return {"Endpoints", "DynamicResolver"};
}
std::vector<std::string_view> names_of(const ProviderType*) { return {"Kubernetes", "Host"}; }
std::vector<std::string_view> names_of(const LogLevel*) {
  return {"trace", "debug", "info", "warn", "error", "off", "critical"};
}
std::vector<std::string_view> names_of(const BootstrapType*) {
  return {"Replace", "Merge", "JSONPatch"};
}

const Schema& schema_of(const FqdnEndpoint*) {
  static const Schema schema =
      object<FqdnEndpoint>("FQDNEndpoint", "A DNS name.")
          .field<&FqdnEndpoint::hostname>(
              "hostname", "The name.", required(), length(1, 253),
              pattern(schema::Form{
                  R"(^(\*\.)?[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*\.?$)",
                  kExactHostnamePattern.words}))
          .field<&FqdnEndpoint::port>("port", "Port.", required(), min(0), max(65535));
  return schema;
}

const Schema& schema_of(const IpEndpoint*) {
  static const Schema schema =
      object<IpEndpoint>("IPEndpoint", "An address.")
          .field<&IpEndpoint::address>(
              "address", "IPv4 or IPv6.", required(), length(3, 45),
              pattern(schema::Form{
                  R"(^((25[0-5]|(2[0-4]|1\d|[1-9]|)\d)\.){3}(25[0-5]|(2[0-4]|1\d|[1-9]|)\d)$|^[0-9a-fA-F:]*:[0-9a-fA-F:.]*$)",
                  "an IPv4 or IPv6 address (for a name use fqdn instead of ip)"}))
          .field<&IpEndpoint::port>("port", "Port.", required(), min(0), max(65535));
  return schema;
}

const Schema& schema_of(const UnixSocket*) {
  static const Schema schema =
      object<UnixSocket>("UnixSocket", "A unix socket.")
          .field<&UnixSocket::path>("path", "Its path.", required(), length(1, 108));
  return schema;
}

const Schema& schema_of(const BackendEndpoint*) {
  static const Schema schema =
      object<BackendEndpoint>("BackendEndpoint", "One endpoint.")
          .field<&BackendEndpoint::fqdn>("fqdn", "By DNS name.")
          .field<&BackendEndpoint::ip>("ip", "By address.")
          .field<&BackendEndpoint::unix_socket>("unix", "By unix socket.")
          .field<&BackendEndpoint::hostname>(
              "hostname", "Its host name, for TLS (autoSNIFromEndpointHostname).", length(1, 253),
              pattern(kExactHostnamePattern))
          .field<&BackendEndpoint::zone>("zone", "Its zone.", length(0, 63), not_in_effect())
          .rule("[has(self.fqdn), has(self.ip), has(self.unix)].filter(x, x).size() == 1",
                "set exactly one of fqdn, ip and unix");
  return schema;
}

const Schema& schema_of(const BackendSpec*) {
  static const Schema schema =
      object<BackendSpec>("BackendSpec", "Where requests can go outside of Services.")
          .field<&BackendSpec::type>("type",
                                     "Endpoints, or found by the request's host (DynamicResolver).")
          .field<&BackendSpec::endpoints>("endpoints", "The endpoints.", items(1, 256))
          .field<&BackendSpec::app_protocols>(
              "appProtocols", "What they speak.",
              schema::each(one_of({"gateway.envoyproxy.io/h2c", "gateway.envoyproxy.io/ws",
                                   "gateway.envoyproxy.io/wss"})))
          .field<&BackendSpec::fallback>("fallback", "Used only where the others fail.",
                                         not_in_effect())
          .field<&BackendSpec::tls>("tls", "TLS with it; plain text where unset.")
          .rule(
              "!has(self.endpoints) || self.endpoints.all(e, has(e.fqdn)) || !self.endpoints.exists(e, has(e.fqdn))",
              "fqdn endpoints can't be mixed with others")
          .rule("!has(self.type) || self.type != 'DynamicResolver' || !has(self.endpoints)",
                "a DynamicResolver has no endpoints")
          .rule(
              "!has(self.type) || self.type != 'DynamicResolver' || !has(self.tls) || !has(self.tls.autoSNIFromEndpointHostname) || !self.tls.autoSNIFromEndpointHostname",
              "a DynamicResolver has no endpoints for autoSNIFromEndpointHostname")
          .rule(
              "!has(self.tls) || !has(self.tls.autoSNIFromEndpointHostname) || !self.tls.autoSNIFromEndpointHostname || !has(self.endpoints) || self.endpoints.all(e, has(e.fqdn) || has(e.hostname))",
              "with autoSNIFromEndpointHostname endpoints by ip or unix need a hostname");
  return schema;
}

const Schema& schema_of(const BackendStatus*) {
  static const Schema schema =
      object<BackendStatus>("BackendStatus", "State of the Backend.")
          .field<&BackendStatus::conditions>("conditions", "Accepted.", items(0, 8),
                                             schema::unique_by({"type"}));
  return schema;
}

const Schema& schema_of(const Backend*) {
  static const Schema schema =
      object<Backend>("Backend", "Endpoints outside of Kubernetes Services.")
          .field<&Backend::metadata>("metadata", "Name, namespace, labels.", required())
          .field<&Backend::spec>("spec", "The endpoints.", required())
          .field<&Backend::status>("status", "Written by the controller.");
  return schema;
}

const Schema& schema_of(const EnvoyProxyHostProvider*) {
  static const Schema schema =
      object<EnvoyProxyHostProvider>("EnvoyProxyHostProvider", "Envoy as processes of this host.")
          .field<&EnvoyProxyHostProvider::envoy_version>("envoyVersion", "Version to run.",
                                                         not_in_effect());
  return schema;
}

const Schema& schema_of(const EnvoyProxyProvider*) {
  static const Schema schema =
      object<EnvoyProxyProvider>("EnvoyProxyProvider", "What runs Envoy.")
          .field<&EnvoyProxyProvider::type>("type", "Kubernetes or Host.", required())
          .field<&EnvoyProxyProvider::host>("host", "Settings for Host.")
          .field<&EnvoyProxyProvider::kubernetes>("kubernetes", "Settings for Kubernetes.")
          .rule("self.type != 'Host' || has(self.host)", "host must be set where type is Host");
  return schema;
}

const Schema& schema_of(const EnvoyProxyLogging*) {
  static const Schema schema = object<EnvoyProxyLogging>("ProxyLogging", "Envoy's log.")
                                   .field<&EnvoyProxyLogging::level>(
                                       "level", "Level by component; `default` for all others.");
  return schema;
}

const Schema& schema_of(const JsonPatchOperation*) {
  static const Schema schema =
      object<JsonPatchOperation>("JSONPatchOperation", "One step of a JSON patch. RFC 6902.")
          .field<&JsonPatchOperation::op>(
              "op", "What to do.", required(),
              one_of({"add", "remove", "replace", "move", "copy", "test"}))
          .field<&JsonPatchOperation::path>("path", "Where, as a JSON pointer.")
          .field<&JsonPatchOperation::from>("from", "Where from, for move and copy.")
          .field<&JsonPatchOperation::value>("value", "What.");
  return schema;
}

const Schema& schema_of(const ProxyBootstrap*) {
  static const Schema schema =
      object<ProxyBootstrap>("ProxyBootstrap",
                             "Changes to the configuration that Envoy starts with.")
          .field<&ProxyBootstrap::type>("type", "Replace, Merge or JSONPatch.")
          .field<&ProxyBootstrap::value>("value", "YAML, for Replace and Merge.")
          .field<&ProxyBootstrap::json_patches>("jsonPatches", "Steps, for JSONPatch.")
          .rule(
              "has(self.type) && self.type == 'JSONPatch' ? has(self.jsonPatches) : has(self.value)",
              "value must be set, or for type JSONPatch jsonPatches");
  return schema;
}

const Schema& schema_of(const ShutdownConfig*) {
  static const Schema schema =
      object<ShutdownConfig>("ShutdownConfig", "How Envoy is stopped.")
          .field<&ShutdownConfig::health_check_failure_delay>(
              "healthCheckFailureDelay",
              "How long it goes on before it says that it ends; 0s where unset. In Kubernetes.")
          .field<&ShutdownConfig::drain_timeout>(
              "drainTimeout", "Longest time for open connections; 60s where unset.")
          .field<&ShutdownConfig::min_drain_duration>(
              "minDrainDuration",
              "Shortest time that it goes on, for clients that learn late of it; 10s where unset. "
              "In Kubernetes.");
  return schema;
}

const Schema& schema_of(const EnvoyProxySpec*) {
  static const Schema schema =
      object<EnvoyProxySpec>("EnvoyProxySpec", "How Envoy is run.")
          .field<&EnvoyProxySpec::provider>("provider", "What runs it.")
          .field<&EnvoyProxySpec::logging>("logging", "Its log.")
          .field<&EnvoyProxySpec::bootstrap>("bootstrap", "Changes to what it starts with.")
          .field<&EnvoyProxySpec::concurrency>("concurrency",
                                               "Worker threads; one a core where unset.", min(0))
          .field<&EnvoyProxySpec::extra_args>("extraArgs", "Further arguments.")
          .field<&EnvoyProxySpec::merge_gateways>(
              "mergeGateways", "Serve all Gateways of the class with the same Envoys.")
          .field<&EnvoyProxySpec::shutdown>("shutdown", "How it is stopped.")
          .field<&EnvoyProxySpec::geo_ip>("geoIP", "Where clients are, for clientIPGeoLocations.")
          .field<&EnvoyProxySpec::backend_tls>("backendTLS",
                                               "TLS with backends that say nothing else.")
          .field<&EnvoyProxySpec::rest>(
              "", "Accepted.",
              schema::rest({"telemetry", "mergeBackends", "filterOrder", "ipFamily",
                            "preserveRouteOrder", "luaValidation", "lua", "dynamicModules",
                            "mergeType", "routingType"}));
  return schema;
}

const Schema& schema_of(const EnvoyProxy*) {
  static const Schema schema =
      object<EnvoyProxy>("EnvoyProxy", "How the Envoys of a Gateway or GatewayClass are run.")
          .field<&EnvoyProxy::metadata>("metadata", "Name, namespace, labels.", required())
          .field<&EnvoyProxy::spec>("spec", "The settings.");
  return schema;
}

}  // namespace limen::api

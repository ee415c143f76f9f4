#include <fmt/format.h>

#include <algorithm>

#include "translate/backend/resolve.h"
#include "translate/certificate/rules.h"
#include "translate/gateway/rules.h"
#include "translate/grants.h"

namespace limen::translate {
namespace {

std::optional<Protocol> protocol_of(const std::string& name) {
  if (name == "HTTP") return Protocol::kHttp;
  if (name == "HTTPS") return Protocol::kHttps;
  if (name == "TLS") return Protocol::kTls;
  if (name == "TCP") return Protocol::kTcp;
  if (name == "UDP") return Protocol::kUdp;
  return std::nullopt;
}

// The kinds of routes that a listener can serve.  A TCPRoute on a TLS listener takes what no
// TLSRoute takes; one that can't see server names is of no use where TLS is passed through.
std::vector<std::string> kinds_of(const ListenerModel& listener) {
  switch (listener.protocol) {
    case Protocol::kHttp:
    case Protocol::kHttps: return {"HTTPRoute", "GRPCRoute"};
    case Protocol::kTls:
      if (listener.passthrough) return {"TLSRoute"};
      return {"TLSRoute", "TCPRoute"};
    case Protocol::kTcp: return {"TCPRoute"};
    case Protocol::kUdp: return {"UDPRoute"};
    case Protocol::kOther: return {};
  }
  __builtin_unreachable();
}

// allowedRoutes.kinds cut to what the protocol can serve.
void allow_kinds(const api::Listener& spec, ListenerModel& listener) {
  const std::vector<std::string> served = kinds_of(listener);
  if (spec.allowed_routes.kinds.empty()) {
    listener.kinds = served;
    return;
  }
  for (const api::RouteGroupKind& kind : spec.allowed_routes.kinds) {
    if (kind.group == api::kGatewayGroup &&
        std::find(served.begin(), served.end(), kind.kind) != served.end()) {
      listener.kinds.push_back(kind.kind);
    } else {
      listener.resolved_refs = Verdict::no(
          "InvalidRouteKinds",
          fmt::format(
              "allowedRoutes.kinds: {} of group '{}' cannot attach to a listener of protocol {}{}",
              kind.kind, kind.group, spec.protocol,
              listener.passthrough ? " and tls.mode Passthrough" : ""));
    }
  }
}

Verdict check_tls(const api::Listener& spec, Protocol protocol) {
  const auto invalid = [&spec](const char* what) {
    return Verdict::no("Invalid",
                       fmt::format("{} on a listener of protocol {}", what, spec.protocol));
  };
  if (protocol != Protocol::kHttps && protocol != Protocol::kTls)
    return spec.tls ? invalid("tls must not be set") : Verdict{};
  if (!spec.tls) return invalid("tls must be set");
  if (spec.tls->mode == api::TlsMode::kPassthrough) {
    if (protocol == Protocol::kTls) return {};
    return Verdict::no("UnsupportedTLSMode",
                       "tls.mode must be Terminate on a listener of protocol HTTPS");
  }
  if (spec.tls->certificate_refs.empty()) {
    return Verdict::no("Invalid", "tls.certificateRefs must name a certificate");
  }
  return {};
}

void add_certificates(flow::Reads& reads, World& world, const Referrer& from,
                      const api::Listener& spec, ListenerModel& listener) {
  Verdict worst;
  for (const auto& ref : spec.tls->certificate_refs) {
    Verdict verdict = add_certificate(reads, world, from, ref, listener.secrets);
    if (!verdict.ok && worst.ok) worst = std::move(verdict);
  }
  if (worst.ok) return;
  if (listener.secrets.empty()) {
    listener.programmed = Verdict::no("Invalid", worst.message);
  } else if (worst.reason == "InvalidCertificateRef") {
    worst.reason = "PartiallyInvalidCertificateRef";
  }
  listener.resolved_refs = std::move(worst);
}

// GEP-5224 ("Status Reporting").
void add_filters(flow::Reads& reads, World& world, const Referrer& from,
                 const std::vector<api::ListenerFilter>& filters, ListenerModel& listener) {
  const auto refuse = [&listener](const char* reason, size_t index, const char* why) {
    listener.accepted = Verdict::no(reason, fmt::format("filters.requests[{}]: {}", index, why));
  };
  for (size_t i = 0; i < filters.size(); ++i) {
    if (!serves_http(listener.protocol))
      return refuse("InvalidListenerFilter", i,
                    "only listeners of protocol HTTP or HTTPS have any");
    if (!filters[i].external_auth)
      return refuse("UnsupportedValue", i, "of type ExtensionRef none is known; use ExternalAuth");
    const api::HttpExternalAuthFilter& filter = *filters[i].external_auth;
    const ResolvedBackend service = resolve_auth_service(reads, world, from, filter);
    listener.auths.push_back({filter, std::nullopt});
    if (service.verdict.ok) {
      listener.auths.back().cluster = service.cluster;
    } else if (listener.resolved_refs.ok) {
      const bool forbidden = service.verdict.reason == "RefNotPermitted";
      listener.resolved_refs =
          Verdict::no(forbidden ? service.verdict.reason : Text("InvalidListenerFilterRef"),
                      fmt::format("filters.requests[{}].externalAuth.backendRef: {}; all requests "
                                  "are answered with 500",
                                  i, service.verdict.message));
    }
  }
}

}  // namespace

ListenerModel read_listener(flow::Reads& reads, World& world, const ListenerOwner& owner,
                            const api::Listener& spec) {
  ListenerModel listener;
  listener.gateway = owner.gateway;
  listener.set = owner.set;
  listener.addresses = owner.addresses;
  listener.name = spec.name;
  listener.hostname = spec.hostname.value_or("").empty() ? "*" : *spec.hostname;
  listener.port = spec.port;
  listener.namespaces = spec.allowed_routes.namespaces;

  const auto protocol = protocol_of(spec.protocol);
  if (!protocol) {
    listener.protocol = Protocol::kOther;
    listener.accepted =
        Verdict::no("UnsupportedProtocol",
                    fmt::format("protocol {} is not supported: use HTTP, HTTPS, TLS, TCP or UDP",
                                spec.protocol));
    return listener;
  }
  listener.protocol = *protocol;
  listener.passthrough = listener.protocol == Protocol::kTls && spec.tls &&
                         spec.tls->mode == api::TlsMode::kPassthrough;
  allow_kinds(spec, listener);
  const Referrer from{api::kGatewayGroup, owner.set.name.empty() ? "Gateway" : "ListenerSet",
                      listener.name_space()};
  if (spec.filters) add_filters(reads, world, from, spec.filters->requests, listener);
  if (!listener.accepted.ok) return listener;  // a filter may be what keeps requests out
  listener.programmed = check_tls(spec, *protocol);
  if (listener.programmed.ok && spec.tls && !listener.passthrough)
    add_certificates(reads, world, from, spec, listener);
  check_clients(owner.clients, listener);
  return listener;
}

namespace {

// Gateway-level settings replace those of the class; an unreadable reference makes the Gateway
// invalid.
Verdict choose_settings(flow::Reads& reads, World& world, const api::Gateway& gateway,
                        const ClassModel& klass, GatewayModel& model) {
  model.settings = klass.settings;
  model.envoy_proxy = klass.envoy_proxy;
  const bool merged = klass.settings != nullptr && klass.settings->merge_gateways;
  const auto& infrastructure = gateway.spec.infrastructure;
  if (merged || !infrastructure || !infrastructure->parameters_ref) return {};
  const auto& ref = *infrastructure->parameters_ref;
  if (ref.group != api::kEnvoyGroup || ref.kind != "EnvoyProxy") {
    return Verdict::no(
        "InvalidParameters",
        fmt::format(
            "spec.infrastructure.parametersRef must name an EnvoyProxy of group {}, not a {} of '{}'",
            api::kEnvoyGroup, ref.kind, ref.group));
  }
  const ObjectKey key{gateway.metadata.name_space, ref.name};
  auto proxy = world.envoy_proxies.share(reads, key);
  if (proxy == nullptr) {
    return Verdict::no(
        "InvalidParameters",
        fmt::format("spec.infrastructure.parametersRef: EnvoyProxy {} does not exist", key.text()));
  }
  if (const Status usable = check_settings(proxy->spec); !usable) {
    return Verdict::no("InvalidParameters",
                       fmt::format("spec.infrastructure.parametersRef: EnvoyProxy {}: {}",
                                   key.text(), usable.error().message));
  }
  model.settings = std::shared_ptr<const api::EnvoyProxySpec>(proxy, &proxy->spec);
  model.envoy_proxy = key;
  return {};
}

}  // namespace

std::shared_ptr<const GatewayModel> read_gateway(flow::Reads& reads, World& world,
                                                 const ObjectKey& key) {
  const api::Gateway* gateway = world.gateway_objects.get(reads, key);
  if (gateway == nullptr) return nullptr;
  const ObjectKey class_key{"", gateway->spec.gateway_class_name};
  const ClassModel* klass = world.classes.get(reads, class_key);
  if (klass == nullptr || !klass->accepted.ok) return nullptr;

  auto model = std::make_shared<GatewayModel>();
  model->key = key;
  model->uid = gateway->metadata.uid;
  model->gateway_class = klass->owner;
  model->created = gateway->metadata.creation_timestamp;
  choose_addresses(world.options, *gateway, *model);
  if (Verdict settings = choose_settings(reads, world, *gateway, *klass, *model); !settings.ok) {
    model->accepted = std::move(settings);
  }
  model->proxy =
      klass->settings != nullptr && klass->settings->merge_gateways ? class_key.text() : key.text();
  if (const auto& infrastructure = gateway->spec.infrastructure) {
    model->labels = infrastructure->labels;
    model->annotations = infrastructure->annotations;
  }
  model->backend_tls = read_proxy_tls(reads, world, *gateway, *model);
  if (const FrontendTls* frontend = world.frontend_tls.get(reads, key))
    model->client_validations = frontend->validations;
  const ListenerOwner owner{
      key, {}, bound_addresses(world.options, *model, *gateway), model->client_validations};
  for (const api::Listener& spec : gateway->spec.listeners) {
    model->listeners.push_back(read_listener(reads, world, owner, spec));
    await_certificate(reads, world, {api::Kind::kGateway, gateway->metadata},
                      model->listeners.back());
  }
  return model;
}

}  // namespace limen::translate

// Defaults are Envoy Gateway's.  The per-route filters (CORS, stateful session, ...) are always
// installed, inert until a route configures them: adding them later would change the listener, and
// a changed listener drains connections.
#include "translate/gateway/listener.h"

#include <envoy/config/listener/v3/listener.pb.h>
#include <envoy/extensions/filters/http/cors/v3/cors.pb.h>
#include <envoy/extensions/filters/http/grpc_web/v3/grpc_web.pb.h>
#include <envoy/extensions/filters/http/router/v3/router.pb.h>
#include <envoy/extensions/filters/http/stateful_session/v3/stateful_session.pb.h>
#include <envoy/extensions/filters/listener/tls_inspector/v3/tls_inspector.pb.h>
#include <envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager.pb.h>
#include <envoy/extensions/transport_sockets/tls/v3/tls.pb.h>

#include <algorithm>
#include <set>
#include <span>

#include "features/client_traffic.h"
#include "features/features.h"
#include "features/geo.h"
#include "features/jwt.h"
#include "features/security.h"
#include "translate/backend/resolve.h"
#include "translate/hostnames.h"
#include "translate/route/rules.h"
#include "translate/sds.h"

namespace limen::translate {
namespace {

namespace listener_v3 = envoy::config::listener::v3;
namespace http_v3 = envoy::extensions::filters::http;
using Hcm = envoy::extensions::filters::network::http_connection_manager::v3::HttpConnectionManager;

constexpr uint32_t kConnectionBuffer = 32768;
constexpr uint32_t kStreamWindow = 65536;
constexpr uint32_t kConnectionWindow = 1048576;
constexpr uint32_t kConcurrentStreams = 100;
constexpr char kConnectionManager[] = "envoy.filters.network.http_connection_manager";
constexpr char kAcmeProtocol[] = "acme-tls/1";

template <class Config>
void add_http_filter(const char* name, const Config& config, bool disabled, Hcm& hcm) {
  auto* filter = hcm.add_http_filters();
  filter->set_name(name);
  filter->mutable_typed_config()->PackFrom(config);
  filter->set_disabled(disabled);
}

struct HttpChain {
  std::string route_configuration, stat_prefix;
  size_t listener_auths = 1;
  bool looks_up_places = false;
  const ClientPolicy* policy = nullptr;  // whose word holds; nullptr: nobody's
};

// Those of listeners come first, for they decide before a request is routed; CORS answers
// preflights before the routes' filters ask who it is.  Else Envoy Gateway's order.
void add_http_filters(const HttpChain& http, Hcm& hcm) {
  for (size_t i = 0; i < http.listener_auths; ++i)
    features::write_auth_slot(features::listener_auth(i), *hcm.add_http_filters());
  const auto add_security = [&hcm](const char* name) {
    features::write_security_filter(name, *hcm.add_http_filters());
  };
  add_security(features::kListenerCors);
  add_http_filter(features::kCorsFilter, http_v3::cors::v3::Cors(), false, hcm);
  for (const char* name : {features::kCsrf, features::kContextAuth, features::kPolicyAuth,
                           features::kApiKeyAuth, features::kBasicAuth, features::kOidc})
    add_security(name);
  features::write_jwt_filter(http.route_configuration, *hcm.add_http_filters());
  features::write_auth_slot(features::kRuleAuth, *hcm.add_http_filters());
  features::write_auth_slot(features::kBackendAuth, *hcm.add_http_filters());
  add_http_filter(features::kSessionFilter, http_v3::stateful_session::v3::StatefulSession(), true,
                  hcm);
  if (http.looks_up_places) features::add_geo_filter(hcm);
  add_security(features::kAuthorization);
  if (http.looks_up_places) features::add_geo_cleaner(hcm);
  add_http_filter(features::kGrpcWebFilter, http_v3::grpc_web::v3::GrpcWeb(), false, hcm);
  http_v3::router::v3::Router router;
  router.set_suppress_envoy_headers(true);
  add_http_filter("envoy.filters.http.router", router, false, hcm);
}

void harden(Hcm& hcm) {
  hcm.mutable_normalize_path()->set_value(true);
  hcm.set_merge_slashes(true);
  hcm.set_path_with_escaped_slashes_action(Hcm::UNESCAPE_AND_REDIRECT);
  hcm.mutable_common_http_protocol_options()->set_headers_with_underscores_action(
      envoy::config::core::v3::HttpProtocolOptions::REJECT_REQUEST);
  hcm.mutable_use_remote_address()->set_value(true);
  hcm.set_server_header_transformation(Hcm::PASS_THROUGH);
}

// How many ExternalAuth filters of listeners the filter chain of these can run.  The place for one
// is always there: the first changes no xDS listener.
size_t auth_slots(std::span<const ListenerModel> listeners) {
  size_t most = 1;
  for (const ListenerModel& listener : listeners) most = std::max(most, listener.auths.size());
  return most;
}

Hcm connection_manager(const HttpChain& http) {
  Hcm hcm;
  hcm.set_codec_type(Hcm::AUTO);
  hcm.set_stat_prefix(http.stat_prefix);
  hcm.mutable_rds()->set_route_config_name(http.route_configuration);
  auto* source = hcm.mutable_rds()->mutable_config_source();
  source->set_resource_api_version(envoy::config::core::v3::V3);
  source->mutable_ads();
  source
      ->mutable_initial_fetch_timeout();  // 0s: serve nothing rather than a listener without routes
  auto* http2 = hcm.mutable_http2_protocol_options();
  http2->mutable_initial_stream_window_size()->set_value(kStreamWindow);
  http2->mutable_initial_connection_window_size()->set_value(kConnectionWindow);
  http2->mutable_max_concurrent_streams()->set_value(kConcurrentStreams);
  harden(hcm);
  features::write_stdout_log(*hcm.add_access_log());
  add_http_filters(http, hcm);
  if (http.policy != nullptr) features::write_client_http(*http.policy->spec, hcm);
  return hcm;
}

void add_connection_manager(const HttpChain& http, listener_v3::FilterChain& chain) {
  if (http.policy != nullptr)
    features::write_client_chain(*http.policy->spec, http.stat_prefix, chain);
  auto* filter = chain.add_filters();
  filter->set_name(kConnectionManager);
  filter->mutable_typed_config()->PackFrom(connection_manager(http));
}

// Of ours, the secret itself says that what is insecure passes.
void write_trust(const ListenerModel& model,
                 envoy::extensions::transport_sockets::tls::v3::CommonTlsContext& out) {
  using envoy::extensions::transport_sockets::tls::v3::CertificateValidationContext;
  if (model.client_ca.is_ours() || !model.insecure_clients)
    return write_sds(model.client_ca, *out.mutable_validation_context_sds_secret_config());
  auto& combined = *out.mutable_combined_validation_context();
  combined.mutable_default_validation_context()->set_trust_chain_verification(
      CertificateValidationContext::ACCEPT_UNTRUSTED);
  write_sds(model.client_ca, *combined.mutable_validation_context_sds_secret_config());
}

// How the policy checks clients.
void write_checks(const ListenerRule& rule,
                  envoy::extensions::transport_sockets::tls::v3::CommonTlsContext& out) {
  const ClientPolicy& policy = *rule.tls;
  if (policy.cas.empty())
    return write_sds({client_checks_name(rule.policy), {}},
                     *out.mutable_validation_context_sds_secret_config());
  auto& combined = *out.mutable_combined_validation_context();
  combined.mutable_default_validation_context()->ParseFromString(
      xds::serialise(*policy.beside_cas));
  write_sds(policy.cas, *combined.mutable_validation_context_sds_secret_config());
}

}  // namespace

void add_tls(const ListenerModel& model, const std::vector<std::string>& alpn,
             const ListenerRule& rule, listener_v3::FilterChain& chain) {
  envoy::extensions::transport_sockets::tls::v3::DownstreamTlsContext context;
  auto* common = context.mutable_common_tls_context();
  for (const std::string& protocol : alpn) common->add_alpn_protocols(protocol);
  for (const SdsSecret& secret : model.secrets)
    write_sds(secret, *common->add_tls_certificate_sds_secret_configs());
  if (!model.client_ca.empty()) {
    context.mutable_require_client_certificate()->set_value(!model.insecure_clients);
    write_trust(model, *common);
  }
  context.set_disable_stateless_session_resumption(true);
  context.set_disable_stateful_session_resumption(true);
  if (rule.tls != nullptr && rule.tls->spec->tls) {
    features::write_client_tls(*rule.tls->spec->tls, context);
    if (rule.tls->checks_clients()) write_checks(rule, *common);
  }
  auto* socket = chain.mutable_transport_socket();
  socket->set_name("envoy.transport_sockets.tls");
  socket->mutable_typed_config()->PackFrom(context);
}

namespace {

using Inspector = envoy::extensions::filters::listener::tls_inspector::v3::TlsInspector;

void add_tls_inspector(const Inspector& config, listener_v3::Listener& listener) {
  auto* inspector = listener.add_listener_filters();
  inspector->set_name("envoy.filters.listener.tls_inspector");
  inspector->mutable_typed_config()->PackFrom(config);
}

// Takes the fingerprints that any policy on the port asks for.
Inspector inspector_of(const std::vector<ListenerRule>& rules) {
  Inspector inspector;
  for (const ListenerRule& rule : rules) {
    if (rule.tls == nullptr || !rule.tls->spec->tls) continue;
    for (const api::TlsFingerprint fingerprint : rule.tls->spec->tls->fingerprints) {
      if (fingerprint == api::TlsFingerprint::kJa3)
        inspector.mutable_enable_ja3_fingerprinting()->set_value(true);
      else
        inspector.mutable_enable_ja4_fingerprinting()->set_value(true);
    }
  }
  return inspector;
}

// `hostname`: the listener's own, or one that it covers.
FragmentPtr https_chain(const PortModel& port, const ListenerModel& model, const ListenerRule& rule,
                        const std::string& hostname) {
  listener_v3::FilterChain chain;
  chain.set_name(model.ir_name() + (hostname == model.hostname ? "" : "/" + hostname));
  if (hostname != "*") chain.mutable_filter_chain_match()->add_server_names(hostname);
  const std::string stat_prefix = "https-" + std::to_string(port.bind_port);
  if (rule.closed) {
    features::write_tcp_proxy({{kInvalidBackend}}, stat_prefix, *chain.add_filters());
    return xds::fragment_of(chain);
  }
  add_connection_manager({route_configuration_of(port, model), stat_prefix, auth_slots({&model, 1}),
                          port.looks_up_places, rule.http},
                         chain);
  add_tls(model, {"h2", "http/1.1"}, rule, chain);
  return xds::fragment_of(chain);
}

// Of a TLS, TCP or UDP listener.
void add_stream_chains(flow::Reads& reads, World& world, const std::string& proxy,
                       const ListenerModel& model, const ListenerRule& rule,
                       xds::FragmentBuilder& joined) {
  if (rule.closed) return joined.add(closing_chain(model));
  bool has_own = false;
  for (const auto& [host, chain] :
       world.filter_chains_of.get(reads, {proxy, model.ir_name()}).shared()) {
    has_own |= host.host == model.hostname;
    joined.add(chain);
  }
  if (!has_own) joined.add(closing_chain(model));
}

// The listener that serves a name on a port: nullptr: none.
const ListenerModel* server_of(const PortModel& port, const std::string& name) {
  const ListenerModel* best = nullptr;  // one of port.listeners
  for (const ListenerModel& listener : port.listeners) {
    if (covers(listener.hostname, name) &&
        (best == nullptr || specificity(listener.hostname) > specificity(best->hostname)))
      best = &listener;
  }
  return best;
}

// TLS-ALPN-01 (RFC 8737): a filter chain for the protocol by which the CA asks.  Its certificate
// stands in it, for it lives no longer.
FragmentPtr challenge_chain(const PendingChallenge& pending, bool beside_tls) {
  listener_v3::FilterChain chain;
  chain.set_name("acme/" + pending.challenge.token);
  auto& match = *chain.mutable_filter_chain_match();
  match.add_server_names(pending.challenge.name);
  match.add_application_protocols(kAcmeProtocol);
  if (beside_tls) match.set_transport_protocol("tls");
  envoy::extensions::transport_sockets::tls::v3::DownstreamTlsContext context;
  auto& common = *context.mutable_common_tls_context();
  common.add_alpn_protocols(kAcmeProtocol);
  auto& shown = *common.add_tls_certificates();
  shown.mutable_certificate_chain()->set_inline_string(pending.certificate.certificate);
  shown.mutable_private_key()->set_inline_string(pending.certificate.key);
  chain.mutable_transport_socket()->set_name("envoy.transport_sockets.tls");
  chain.mutable_transport_socket()->mutable_typed_config()->PackFrom(context);
  // A proxy of connections would close it ahead of the handshake.
  Hcm nothing;
  nothing.set_stat_prefix("acme");
  nothing.mutable_route_config();
  add_http_filter("envoy.filters.http.router", http_v3::router::v3::Router(), false, nothing);
  auto* filter = chain.add_filters();
  filter->set_name(kConnectionManager);
  filter->mutable_typed_config()->PackFrom(nothing);
  return xds::fragment_of(chain);
}

// Envoy looks for a chain by server name, then transport protocol, then ALPN, and never goes back:
// a challenge's chain has the transport protocol of the chain beside it, and where it is the first
// for its name, what served that name until now gets one, too.  Of several challenges for a name
// the first counts: Envoy takes no two chains with the same match.
void add_challenge_chains(flow::Reads& reads, World& world, const std::string& proxy,
                          const PortModel& port, const std::vector<ListenerRule>& rules,
                          xds::FragmentBuilder& joined) {
  std::set<std::string> names;
  for (const auto& [key, pending] : world.tls_challenges_of.get(reads, proxy)) {
    const std::string& name = pending.challenge.name;
    const ListenerModel* server = server_of(port, name);
    const bool tls = server != nullptr ? server->protocol == Protocol::kTls : true;
    const bool has_chain = server != nullptr && server->hostname == name;
    if ((server != nullptr && tls && !has_chain) || !names.insert(name).second) continue;
    joined.add(challenge_chain(pending, tls));
    if (server == nullptr || has_chain) continue;
    const ListenerRule& rule = rules[static_cast<size_t>(server - port.listeners.data())];
    joined.add(https_chain(port, *server, rule, name));
  }
}

// Until there is a certificate connections are closed.
FragmentPtr closing_chain_of(ListenerModel awaiting) {
  awaiting.protocol = Protocol::kTls;
  return closing_chain(awaiting);
}

// All but plain HTTP: each listener of the port has filter chains (UDP: a listener filter).
FragmentPtr join_listeners(flow::Reads& reads, World& world, const std::string& proxy,
                           const PortModel& port, listener_v3::Listener& listener) {
  const bool udp = port.transport() == Transport::kUdp;
  std::vector<ListenerRule> rules;  // of port.listeners
  for (const ListenerModel& model : port.listeners)
    rules.push_back(rule_of(reads, world, {proxy, port.transport(), port.port}, model.ir_name()));
  if (udp) listener.mutable_udp_listener_config();
  if (!udp && port.protocol != Protocol::kTcp) add_tls_inspector(inspector_of(rules), listener);
  xds::FragmentBuilder joined(listener,
                              udp ? listener_v3::Listener::kListenerFiltersFieldNumber
                                  : listener_v3::Listener::kFilterChainsFieldNumber,
                              port.listeners.size() + 1);
  if (!udp && port.protocol != Protocol::kTcp)
    add_challenge_chains(reads, world, proxy, port, rules, joined);
  if (port.awaiting) joined.add(closing_chain_of(*port.awaiting));
  for (size_t i = 0; i < port.listeners.size(); ++i) {
    const ListenerModel& model = port.listeners[i];
    if (model.protocol == Protocol::kHttps)
      joined.add(https_chain(port, model, rules[i], model.hostname));
    else
      add_stream_chains(reads, world, proxy, model, rules[i], joined);
  }
  return std::move(joined).take();
}

void bind(const PortModel& port, listener_v3::Listener& listener) {
  for (size_t i = 0; i < port.addresses.size(); ++i) {
    auto* address = i == 0 ? listener.mutable_address()
                           : listener.add_additional_addresses()->mutable_address();
    address->mutable_socket_address()->set_address(port.addresses[i]);
    if (port.transport() == Transport::kUdp)
      address->mutable_socket_address()->set_protocol(envoy::config::core::v3::SocketAddress::UDP);
    address->mutable_socket_address()->set_port_value(static_cast<uint32_t>(port.bind_port));
  }
}

}  // namespace

std::shared_ptr<const xds::Fragment> build_listener(flow::Reads& reads, World& world,
                                                    const PortKey& key) {
  const ProxyModel* proxy = world.proxies.get(reads, key.proxy);
  if (proxy == nullptr) return nullptr;
  const PortModel* port = proxy->port_at(key.transport, key.port);
  if (port == nullptr) return nullptr;

  listener_v3::Listener listener;
  listener.set_name(port->name);
  bind(*port, listener);
  listener.mutable_per_connection_buffer_limit_bytes()->set_value(kConnectionBuffer);
  listener.mutable_max_connections_to_accept_per_socket_event()->set_value(1);
  const ClientPolicy* policy = policy_of_socket(reads, world, key);
  if (policy != nullptr) features::write_client_socket(*policy->spec, listener);
  if (port->protocol != Protocol::kHttp)
    return join_listeners(reads, world, key.proxy, *port, listener);
  auto* chain = listener.mutable_default_filter_chain();
  chain->set_name(port->name);
  add_connection_manager({port->name, "http-" + std::to_string(port->bind_port),
                          auth_slots(port->listeners), port->looks_up_places, policy},
                         *chain);
  return xds::fragment_of(listener);
}

}  // namespace limen::translate

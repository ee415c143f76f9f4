#include "translate/backend/transport.h"

#include <envoy/extensions/transport_sockets/tls/v3/tls.pb.h>

#include <algorithm>
#include <set>

#include "features/tls.h"
#include "translate/backend/rules.h"
#include "translate/policy/rules.h"
#include "translate/sds.h"

namespace limen::translate {
namespace {

namespace tls_v3 = envoy::extensions::transport_sockets::tls::v3;
using TransportSocket = envoy::config::core::v3::TransportSocket;
using Protocols = std::vector<api::AlpnProtocol>;

constexpr char kTlsSocket[] = "envoy.transport_sockets.tls";

// What the backend leaves open is the proxy's to say.
api::TlsSettings overlay(const api::TlsSettings& backend, const ProxyTls* proxy) {
  api::TlsSettings all = backend;
  if (proxy == nullptr) return all;
  const api::TlsSettings& rest = proxy->settings;
  if (!all.min_version) all.min_version = rest.min_version;
  if (!all.max_version) all.max_version = rest.max_version;
  if (all.ciphers.empty()) all.ciphers = rest.ciphers;
  if (all.ecdh_curves.empty()) all.ecdh_curves = rest.ecdh_curves;
  if (all.signature_algorithms.empty()) all.signature_algorithms = rest.signature_algorithms;
  if (!all.alpn_protocols) all.alpn_protocols = rest.alpn_protocols;
  return all;
}

bool is_http2(api::AlpnProtocol protocol) { return protocol == api::AlpnProtocol::kH2; }

// Offers what can be spoken only.  Without ALPN a server speaks HTTP/1.1, or whatever else the port
// is for.  `may_choose`: the server may.
HttpTransport choose_protocol(BackendProtocol protocol, bool may_choose,
                              std::optional<Protocols>& alpn) {
  if (protocol == BackendProtocol::kHttp2) {
    if (!alpn) alpn = Protocols{api::AlpnProtocol::kH2};
    std::erase_if(*alpn, [](auto it) { return !is_http2(it); });
    return {.http1 = false, .http2 = true};
  }
  if (!alpn) return {};
  if (protocol == BackendProtocol::kWebSocket || !may_choose) std::erase_if(*alpn, is_http2);
  HttpTransport http;
  http.http2 = std::any_of(alpn->begin(), alpn->end(), is_http2);
  http.http1 = !http.http2 || !std::all_of(alpn->begin(), alpn->end(), is_http2);
  return http;
}

// REQUIRES: it is not closed.
HttpTransport write_socket(const BackendTls& tls, const ClusterRef& ref, const ProxyTls* proxy,
                           TransportSocket& out) {
  tls_v3::UpstreamTlsContext context;
  context.ParseFromString(xds::serialise(*tls.context));
  auto& common = *context.mutable_common_tls_context();
  api::TlsSettings settings = overlay(tls.settings, proxy);
  HttpTransport http = choose_protocol(ref.protocol, !ref.is_group(), settings.alpn_protocols);
  http.by_host = tls.by_host;
  http.checks_host = tls.checks_host;
  features::write_tls_settings(settings, "", common);
  SdsSecret shown = tls.client_certificate;
  if (shown.empty() && proxy != nullptr && proxy->client_certificate)
    shown = proxy->client_certificate->secret;
  if (!shown.empty()) write_sds(shown, *common.add_tls_certificate_sds_secret_configs());
  out.set_name(kTlsSocket);
  out.mutable_typed_config()->PackFrom(context);
  return http;
}

HttpTransport plain_http(BackendProtocol protocol) {
  const bool is_2 = protocol == BackendProtocol::kHttp2;
  return {.http1 = !is_2, .http2 = is_2};
}

}  // namespace

bool is_closed(const BackendTls* tls, const ClusterRef& cluster) {
  if (tls == nullptr) return false;
  // Backends of a group may be of one name each, and the SNI of a cluster is one for all.
  return tls->context == nullptr || (cluster.is_group() && tls->checks_host);
}

std::optional<HttpTransport> write_transport(flow::Reads& reads, World& world,
                                             const ClusterRef& ref, const ProxyTls* proxy,
                                             envoy::config::cluster::v3::Cluster& out) {
  if (!ref.is_group()) {
    const BackendTls* tls = tls_of(reads, world, ref);
    if (tls == nullptr) return plain_http(ref.protocol);
    if (is_closed(tls, ref)) return std::nullopt;
    return write_socket(*tls, ref, proxy, *out.mutable_transport_socket());
  }
  std::set<std::string> names;
  for (const ClusterMember& member : members_of(ref)) {
    const BackendTls* tls = tls_of(reads, world, member.ref);
    const std::string name = member.ref.text();
    if (tls == nullptr || is_closed(tls, ref) || !names.insert(name).second) continue;
    auto& match = *out.add_transport_socket_matches();
    match.set_name(name);
    (*match.mutable_match()->mutable_fields())[kMember].set_string_value(name);
    write_socket(*tls, ref, proxy, *match.mutable_transport_socket());
  }
  return plain_http(ref.protocol);
}

bool can_speak_tls(flow::Reads& reads, World& world, const ProxyTls& proxy,
                   const ClusterRef& cluster) {
  const auto& shown = proxy.client_certificate;
  const bool shows = !shown || shown->usable.ok;
  const std::vector members = members_of(cluster);
  return std::none_of(members.begin(), members.end(), [&](const ClusterMember& member) {
    const BackendTls* tls = tls_of(reads, world, member.ref);
    return tls != nullptr && (!proxy.usable.ok || (!shows && tls->client_certificate.empty()));
  });
}

void write_server_transport(const std::string& host, const std::string& system_cas,
                            envoy::config::cluster::v3::Cluster& out) {
  tls_v3::UpstreamTlsContext context;
  features::write_server_tls(host, system_cas, context);
  out.mutable_transport_socket()->set_name(kTlsSocket);
  out.mutable_transport_socket()->mutable_typed_config()->PackFrom(context);
}

}  // namespace limen::translate

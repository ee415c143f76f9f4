#include <envoy/extensions/transport_sockets/proxy_protocol/v3/upstream_proxy_protocol.pb.h>
#include <envoy/extensions/transport_sockets/raw_buffer/v3/raw_buffer.pb.h>

#include "features/cluster_settings/parts.h"

namespace limen::features {
namespace {

using envoy::config::core::v3::ProxyProtocolConfig;
using envoy::config::core::v3::TransportSocket;
using Wrapped =
    envoy::extensions::transport_sockets::proxy_protocol::v3::ProxyProtocolUpstreamTransport;

constexpr char kTls[] = "envoy.transport_sockets.tls";
constexpr char kRaw[] = "envoy.transport_sockets.raw_buffer";
constexpr char kProxyProtocol[] = "envoy.transport_sockets.upstream_proxy_protocol";

void wrap(ProxyProtocolConfig::Version version, TransportSocket& socket) {
  Wrapped outer;
  outer.mutable_config()->set_version(version);
  *outer.mutable_transport_socket() = std::move(socket);
  socket.set_name(kProxyProtocol);
  socket.mutable_typed_config()->PackFrom(outer);
}

}  // namespace

void write_proxy_protocol(const api::ProxyProtocol& protocol, cluster_v3::Cluster& out) {
  const auto version = protocol.version == api::ProxyProtocolVersion::kV1 ? ProxyProtocolConfig::V1
                                                                          : ProxyProtocolConfig::V2;
  if (!out.has_transport_socket()) {
    out.mutable_transport_socket()->set_name(kRaw);
    out.mutable_transport_socket()->mutable_typed_config()->PackFrom(
        envoy::extensions::transport_sockets::raw_buffer::v3::RawBuffer());
  }
  wrap(version, *out.mutable_transport_socket());
  for (auto& match : *out.mutable_transport_socket_matches())
    wrap(version, *match.mutable_transport_socket());
}

bool is_tls(const TransportSocket& socket) {
  if (socket.name() == kTls) return true;
  Wrapped outer;
  return socket.name() == kProxyProtocol && socket.typed_config().UnpackTo(&outer) &&
         is_tls(outer.transport_socket());
}

}  // namespace limen::features

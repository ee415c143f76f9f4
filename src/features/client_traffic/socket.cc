#include <envoy/config/listener/v3/listener.pb.h>
#include <envoy/extensions/filters/listener/proxy_protocol/v3/proxy_protocol.pb.h>
#include <envoy/extensions/filters/network/connection_limit/v3/connection_limit.pb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include "features/client_traffic.h"
#include "features/connection.h"
#include "features/duration.h"

namespace limen::features {
namespace {

using envoy::config::listener::v3::Listener;

bool has_proxy_protocol(const api::ClientTrafficPolicySpec& spec) {
  return spec.proxy_protocol || spec.enable_proxy_protocol.value_or(false);
}

Problems write_keepalive(const api::TcpKeepalive& keepalive, Listener& out) {
  Problems problems;
  const auto [probes, idle, interval] = read_keepalive(keepalive, "spec.tcpKeepalive", problems);
  auto& options = *out.mutable_socket_options();
  add_socket_option(SOL_SOCKET, SO_KEEPALIVE, 1, options);
  if (probes) add_socket_option(IPPROTO_TCP, TCP_KEEPCNT, *probes, options);
  if (idle) add_socket_option(IPPROTO_TCP, TCP_KEEPIDLE, *idle, options);
  if (interval) add_socket_option(IPPROTO_TCP, TCP_KEEPINTVL, *interval, options);
  return problems;
}

void write_proxy_protocol(const api::ClientTrafficPolicySpec& spec, Listener& out) {
  envoy::extensions::filters::listener::proxy_protocol::v3::ProxyProtocol config;
  config.set_allow_requests_without_proxy_protocol(spec.proxy_protocol &&
                                                   spec.proxy_protocol->optional.value_or(false));
  auto& filter = *out.add_listener_filters();
  filter.set_name("envoy.filters.listener.proxy_protocol");
  filter.mutable_typed_config()->PackFrom(config);
}

void write_buffers(const api::ClientConnection& connection, Listener& out, Problems& problems) {
  const auto buffer =
      bytes_of(connection.buffer_limit, kBuffer, "spec.connection.bufferLimit", problems);
  if (buffer) out.mutable_per_connection_buffer_limit_bytes()->set_value(*buffer);
  const auto socket = bytes_of(connection.socket_buffer_limit, kSocketBuffer,
                               "spec.connection.socketBufferLimit", problems);
  if (socket) add_socket_buffers(*socket, *out.mutable_socket_options());
  if (!connection.max_accept_per_socket_event) return;
  const auto most = static_cast<uint32_t>(*connection.max_accept_per_socket_event);
  if (most == 0)
    out.clear_max_connections_to_accept_per_socket_event();
  else
    out.mutable_max_connections_to_accept_per_socket_event()->set_value(most);
}

}  // namespace

void write_client_chain(const api::ClientTrafficPolicySpec& spec, const std::string& stat_prefix,
                        envoy::config::listener::v3::FilterChain& out) {
  if (spec.timeout && spec.timeout->tcp && spec.timeout->tcp->tls_handshake_timeout)
    write_duration(*spec.timeout->tcp->tls_handshake_timeout,
                   *out.mutable_transport_socket_connect_timeout());
  if (!spec.connection || !spec.connection->connection_limit) return;
  const api::ConnectionLimit& limit = *spec.connection->connection_limit;
  if (!limit.value) return;
  envoy::extensions::filters::network::connection_limit::v3::ConnectionLimit config;
  config.set_stat_prefix(stat_prefix);
  config.mutable_max_connections()->set_value(static_cast<uint64_t>(*limit.value));
  if (limit.close_delay) write_duration(*limit.close_delay, *config.mutable_delay());
  auto& filter = *out.add_filters();
  filter.set_name("envoy.filters.network.connection_limit");
  filter.mutable_typed_config()->PackFrom(config);
}

bool is_about_socket(const api::ClientTrafficPolicySpec& spec) {
  const bool inspection =
      spec.timeout && spec.timeout->tcp && spec.timeout->tcp->connection_inspection_timeout;
  const bool buffers = spec.connection && (!spec.connection->buffer_limit.is_null() ||
                                           !spec.connection->socket_buffer_limit.is_null() ||
                                           spec.connection->max_accept_per_socket_event);
  return has_proxy_protocol(spec) || spec.tcp_keepalive || inspection || buffers;
}

Problems write_client_socket(const api::ClientTrafficPolicySpec& spec, Listener& out) {
  Problems problems;
  if (spec.tcp_keepalive) problems = write_keepalive(*spec.tcp_keepalive, out);
  if (has_proxy_protocol(spec)) write_proxy_protocol(spec, out);
  if (spec.timeout && spec.timeout->tcp && spec.timeout->tcp->connection_inspection_timeout)
    write_duration(*spec.timeout->tcp->connection_inspection_timeout,
                   *out.mutable_listener_filters_timeout());
  if (spec.connection) write_buffers(*spec.connection, out, problems);
  return problems;
}

}  // namespace limen::features

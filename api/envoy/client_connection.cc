#include "api/envoy/tables.h"

namespace limen::api {

using schema::each;
using schema::int_or_string;
using schema::items;
using schema::length;
using schema::max;
using schema::min;
using schema::not_in_effect;
using schema::object;
using schema::pattern;
using schema::required;

namespace {

constexpr double kMostUint32 = 4294967295;

}  // namespace

const Schema& schema_of(const ProxyProtocolSettings*) {
  static const Schema schema =
      object<ProxyProtocolSettings>("ProxyProtocolSettings",
                                    "The PROXY protocol, versions 1 and 2.")
          .field<&ProxyProtocolSettings::optional>(
              "optional",
              "Whether connections without it are served, too: only where all that can "
              "connect is trusted.");
  return schema;
}

const Schema& schema_of(const XForwardedForSettings*) {
  static const Schema schema =
      object<XForwardedForSettings>("XForwardedForSettings", "By the header X-Forwarded-For.")
          .field<&XForwardedForSettings::num_trusted_hops>(
              "numTrustedHops", "Which address from the right it is.", min(0), max(kMostUint32))
          .field<&XForwardedForSettings::trusted_cidrs>(
              "trustedCIDRs", "The first address from the right that is in none of these.",
              items(1, 256), each(length(1, 64), pattern(kCidrPattern)))
          .field<&XForwardedForSettings::disable_x_forwarded_for_append>(
              "disableXForwardedForAppend", "Whether nothing is added to the header.")
          .rule("has(self.numTrustedHops) != has(self.trustedCIDRs)",
                "set exactly one of numTrustedHops and trustedCIDRs");
  return schema;
}

const Schema& schema_of(const CustomHeaderSettings*) {
  static const Schema schema =
      object<CustomHeaderSettings>("CustomHeaderExtensionSettings", "By a header that has it.")
          .field<&CustomHeaderSettings::name>("name", "The header.", required(), length(1, 255),
                                              pattern("^[A-Za-z0-9-]+$"))
          .field<&CustomHeaderSettings::fail_closed>(
              "failClosed", "Whether requests without an address in it are answered with 403.");
  return schema;
}

const Schema& schema_of(const DirectSourceIp*) {
  static const Schema schema =
      object<DirectSourceIp>("DirectSourceIPSettings", "The connection's address.");
  return schema;
}

const Schema& schema_of(const ClientIpDetectionSettings*) {
  static const Schema schema =
      object<ClientIpDetectionSettings>("ClientIPDetectionSettings",
                                        "How a client's address is found.")
          .field<&ClientIpDetectionSettings::x_forwarded_for>("xForwardedFor",
                                                              "By the header X-Forwarded-For.")
          .field<&ClientIpDetectionSettings::custom_header>("customHeader",
                                                            "By a header that has it.")
          .field<&ClientIpDetectionSettings::direct_source_ip>("directSourceIP",
                                                               "It is the connection's.")
          .rule(
              "[has(self.xForwardedFor), has(self.customHeader), has(self.directSourceIP)].filter(x, x).size() == 1",
              "set exactly one of xForwardedFor, customHeader and directSourceIP");
  return schema;
}

const Schema& schema_of(const TcpClientTimeout*) {
  static const Schema schema =
      object<TcpClientTimeout>("TCPClientTimeout", "Timeouts of connections.")
          .field<&TcpClientTimeout::idle_timeout>(
              "idleTimeout", "Longest time without data on TLS and TCP listeners.", not_in_effect())
          .field<&TcpClientTimeout::tls_handshake_timeout>("tlsHandshakeTimeout",
                                                           "Longest time for a handshake.")
          .field<&TcpClientTimeout::connection_inspection_timeout>(
              "connectionInspectionTimeout",
              "Longest time for what comes before it; 15s where unset.");
  return schema;
}

const Schema& schema_of(const HttpClientTimeout*) {
  static const Schema schema =
      object<HttpClientTimeout>("HTTPClientTimeout", "Timeouts of requests.")
          .field<&HttpClientTimeout::request_received_timeout>("requestReceivedTimeout",
                                                               "Longest time for a whole request.")
          .field<&HttpClientTimeout::request_headers_received_timeout>(
              "requestHeadersReceivedTimeout", "Longest time for its headers.")
          .field<&HttpClientTimeout::idle_timeout>("idleTimeout",
                                                   "Longest time without requests; 1h where unset.")
          .field<&HttpClientTimeout::stream_idle_timeout>(
              "streamIdleTimeout", "Longest time without data of a request; 5m where unset.");
  return schema;
}

const Schema& schema_of(const ClientTimeout*) {
  static const Schema schema = object<ClientTimeout>("ClientTimeout", "Timeouts.")
                                   .field<&ClientTimeout::tcp>("tcp", "Of connections.")
                                   .field<&ClientTimeout::http>("http", "Of requests.");
  return schema;
}

const Schema& schema_of(const ConnectionLimit*) {
  static const Schema schema =
      object<ConnectionLimit>("ConnectionLimit", "Limits of connections.")
          .field<&ConnectionLimit::value>("value", "Most connections at a time, of each Envoy.",
                                          min(1))
          .field<&ConnectionLimit::close_delay>("closeDelay",
                                                "How long one too many is kept before it closes.")
          .field<&ConnectionLimit::max_connection_duration>("maxConnectionDuration",
                                                            "Longest life of one.")
          .field<&ConnectionLimit::max_requests_per_connection>(
              "maxRequestsPerConnection", "Most requests on one.", min(1), max(kMostUint32))
          .field<&ConnectionLimit::max_stream_duration>("maxStreamDuration",
                                                        "Longest life of a request.")
          .rule("!has(self.closeDelay) || has(self.value)", "closeDelay needs value");
  return schema;
}

const Schema& schema_of(const ClientConnection*) {
  static const Schema schema =
      object<ClientConnection>("ClientConnection", "Connections of clients.")
          .field<&ClientConnection::connection_limit>("connectionLimit", "Limits.")
          .field<&ClientConnection::buffer_limit>(
              "bufferLimit", "Bytes that are buffered of one; 32768 where unset.", int_or_string())
          .field<&ClientConnection::socket_buffer_limit>(
              "socketBufferLimit", "Bytes that the kernel buffers.", int_or_string())
          .field<&ClientConnection::max_accept_per_socket_event>(
              "maxAcceptPerSocketEvent",
              "Connections that are taken at once; 1 where unset, 0 for as many as there are.",
              min(0), max(kMostUint32));
  return schema;
}

const Schema& schema_of(const Http10Settings*) {
  static const Schema schema =
      object<Http10Settings>("HTTP10Settings", "HTTP/1.0.")
          .field<&Http10Settings::use_default_host>(
              "useDefaultHost", "Whether requests without Host are for the listener's hostname.",
              not_in_effect());
  return schema;
}

const Schema& schema_of(const Http1Settings*) {
  static const Schema schema =
      object<Http1Settings>("HTTP1Settings", "HTTP/1.")
          .field<&Http1Settings::enable_trailers>("enableTrailers", "Whether trailers pass.")
          .field<&Http1Settings::preserve_header_case>(
              "preserveHeaderCase", "Whether names of headers keep their case.", not_in_effect())
          .field<&Http1Settings::http10>("http10", "Serves HTTP/1.0, too.")
          .field<&Http1Settings::disable_safe_max_connection_duration>(
              "disableSafeMaxConnectionDuration",
              "Whether maxConnectionDuration closes without waiting for the next answer.")
          .field<&Http1Settings::ignored_upgrade_types>(
              "ignoredUpgradeTypes", "Upgrades that are as if nobody had asked for them.");
  return schema;
}

}  // namespace limen::api

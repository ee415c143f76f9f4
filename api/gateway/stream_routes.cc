#include "api/gateway/tables.h"

namespace limen::api {

using schema::each;
using schema::items;
using schema::length;
using schema::object;
using schema::pattern;
using schema::required;

const Schema& schema_of(const StreamRouteRule*) {
  static const Schema schema =
      object<StreamRouteRule>("StreamRouteRule", "Where connections go.")
          .field<&StreamRouteRule::name>("name", "Name, unique in the route.", length(1, 253),
                                         pattern(kSectionPattern))
          .field<&StreamRouteRule::backend_refs>("backendRefs", "Backends and their shares.",
                                                 required(), items(1, 16));
  return schema;
}

const Schema& schema_of(const TlsRouteSpec*) {
  static const Schema schema =
      object<TlsRouteSpec>("TLSRouteSpec", "Which TLS connections go where.")
          .base<CommonRouteSpec>("Gateways to attach to.")
          .field<&TlsRouteSpec::hostnames>("hostnames", "Server names (SNI) of the connections.",
                                           required(), items(1, 1024),
                                           each(length(1, 253), pattern(kHostnamePattern)))
          .field<&TlsRouteSpec::rules>("rules", "The rule.", required(), items(1, 1))
          .rule("!has(self.hostnames) || self.hostnames.all(h, !isIP(h))",
                "hostnames must not be IP addresses");
  return schema;
}

const Schema& schema_of(const TlsRoute*) {
  static const Schema schema =
      object<TlsRoute>("TLSRoute", "Routes TLS connections to backends by server name.")
          .field<&TlsRoute::metadata>("metadata", kMetadata, required())
          .field<&TlsRoute::spec>("spec", "Which connections go where.", required())
          .field<&TlsRoute::status>("status", "Written by the controller.");
  return schema;
}

const Schema& schema_of(const TcpRouteSpec*) {
  static const Schema schema =
      object<TcpRouteSpec>("TCPRouteSpec", "Where connections go.")
          .base<CommonRouteSpec>("Gateways to attach to.")
          .field<&TcpRouteSpec::rules>("rules", "The rule.", required(), items(1, 1));
  return schema;
}

const Schema& schema_of(const TcpRoute*) {
  static const Schema schema =
      object<TcpRoute>("TCPRoute", "Routes a port's TCP connections to backends.")
          .field<&TcpRoute::metadata>("metadata", kMetadata, required())
          .field<&TcpRoute::spec>("spec", "Where connections go.", required())
          .field<&TcpRoute::status>("status", "Written by the controller.");
  return schema;
}

const Schema& schema_of(const UdpRouteSpec*) {
  static const Schema schema =
      object<UdpRouteSpec>("UDPRouteSpec", "Where datagrams go.")
          .base<CommonRouteSpec>("Gateways to attach to.")
          .field<&UdpRouteSpec::rules>("rules", "The rule.", required(), items(1, 1));
  return schema;
}

const Schema& schema_of(const UdpRoute*) {
  static const Schema schema =
      object<UdpRoute>("UDPRoute", "Routes a port's UDP datagrams to backends.")
          .field<&UdpRoute::metadata>("metadata", kMetadata, required())
          .field<&UdpRoute::spec>("spec", "Where datagrams go.", required())
          .field<&UdpRoute::status>("status", "Written by the controller.");
  return schema;
}

}  // namespace limen::api

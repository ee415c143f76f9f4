// client_traffic/: what a ClientTrafficPolicy becomes in Envoy: parts of a listener, of its filter
// chains' TLS and of their HTTP connection managers.  The messages have Limen's defaults already,
// which are Envoy Gateway's; what the policy does not say stays so.
//
// Problems name fields from "spec".  All that Envoy would refuse is one: it would keep the listener
// that it had, without what the policy asks for.  Pure.
#pragma once

#include <string>
#include <vector>

#include "api/envoy/client_traffic_policy.h"
#include "base/problem.h"

namespace envoy::config::listener::v3 {
class FilterChain;
class Listener;
}  // namespace envoy::config::listener::v3
namespace envoy::extensions::filters::network::http_connection_manager::v3 {
class HttpConnectionManager;
}
namespace envoy::extensions::transport_sockets::tls::v3 {
class CertificateValidationContext;
class DownstreamTlsContext;
}  // namespace envoy::extensions::transport_sockets::tls::v3

namespace limen::features {

using envoy::extensions::filters::network::http_connection_manager::v3::HttpConnectionManager;
namespace tls_v3 = envoy::extensions::transport_sockets::tls::v3;

// All of spec.tls but how certificates are checked, of which only whether one must be shown.
Problems write_client_tls(const api::ClientTlsSettings& tls, tls_v3::DownstreamTlsContext& out);

// spec.tls.clientValidation.
struct ClientTrust {
  std::string cas, crls;   // PEM; "": it names none
  bool elsewhere = false;  // another SDS server has the CAs
};
Problems write_client_validation(const api::ClientValidationContext& validation,
                                 const ClientTrust& trust,
                                 tls_v3::CertificateValidationContext& out);
// Fields that its mode leaves without effect.
std::vector<std::string> fields_without_effect(const api::ClientValidationContext& validation);

// What concerns requests.
Problems write_client_http(const api::ClientTrafficPolicySpec& spec, HttpConnectionManager& out);

// What concerns connections of a filter chain; REQUIRES: its filters are not written yet.
void write_client_chain(const api::ClientTrafficPolicySpec& spec, const std::string& stat_prefix,
                        envoy::config::listener::v3::FilterChain& out);

// What concerns a socket, which all listeners of a port share.
bool is_about_socket(const api::ClientTrafficPolicySpec& spec);
Problems write_client_socket(const api::ClientTrafficPolicySpec& spec,
                             envoy::config::listener::v3::Listener& out);

}  // namespace limen::features

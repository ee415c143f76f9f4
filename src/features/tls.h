// tls/, backend_tls/: versions and algorithms of TLS with clients and with backends; whose
// certificate backends have to show.  Which CAs are believed is written by who has read them.
//
// All that Envoy would refuse is a Problem.  Pure.
#pragma once

#include <string>

#include "api/envoy/tls.h"
#include "api/gateway/backend_tls_policy.h"
#include "base/problem.h"

namespace envoy::extensions::transport_sockets::tls::v3 {
class CommonTlsContext;
class UpstreamTlsContext;
}  // namespace envoy::extensions::transport_sockets::tls::v3

namespace limen::features {

namespace tls_v3 = envoy::extensions::transport_sockets::tls::v3;

// `path`: of the settings, for problems.
Problems write_tls_settings(const api::TlsSettings& tls, const std::string& path,
                            tls_v3::CommonTlsContext& out);

// A BackendTLSPolicy's.  GEP-1897.
void write_upstream_tls(const api::BackendTlsPolicyValidation& validation,
                        tls_v3::UpstreamTlsContext& out);
// A Backend's own.  Where that names no server, requests have to (`auto_sni` of the cluster).
void write_upstream_tls(const api::BackendTlsSettings& tls, tls_v3::UpstreamTlsContext& out);
// To the server of a URL: a DNS name or an IP address.
void write_server_tls(const std::string& host, const std::string& system_cas,
                      tls_v3::UpstreamTlsContext& out);

}  // namespace limen::features

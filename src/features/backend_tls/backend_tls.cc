#include <arpa/inet.h>
#include <envoy/extensions/transport_sockets/tls/v3/tls.pb.h>

#include "features/tls.h"

namespace limen::features {
namespace {

void add_name(tls_v3::SubjectAltNameMatcher::SanType type, const std::string& name,
              tls_v3::CertificateValidationContext& out) {
  auto* matcher = out.add_match_typed_subject_alt_names();
  matcher->set_san_type(type);
  matcher->mutable_matcher()->set_exact(name);
}

}  // namespace

void write_upstream_tls(const api::BackendTlsPolicyValidation& validation,
                        tls_v3::UpstreamTlsContext& out) {
  out.set_sni(validation.hostname);
  auto& context = *out.mutable_common_tls_context()->mutable_validation_context();
  if (validation.subject_alt_names.empty())
    add_name(tls_v3::SubjectAltNameMatcher::DNS, validation.hostname, context);
  for (const api::SubjectAltName& name : validation.subject_alt_names) {
    if (name.hostname) add_name(tls_v3::SubjectAltNameMatcher::DNS, *name.hostname, context);
    if (name.uri) add_name(tls_v3::SubjectAltNameMatcher::URI, *name.uri, context);
  }
}

void write_upstream_tls(const api::BackendTlsSettings& tls, tls_v3::UpstreamTlsContext& out) {
  const bool is_checked = !tls.insecure_skip_verify;
  if (tls.sni) {
    out.set_sni(*tls.sni);
    if (is_checked)
      add_name(tls_v3::SubjectAltNameMatcher::DNS, *tls.sni,
               *out.mutable_common_tls_context()->mutable_validation_context());
  } else if (tls.auto_sni_from_endpoint_hostname.value_or(false)) {
    out.set_auto_host_sni(true);
    out.set_auto_sni_san_validation(is_checked);
  }
}

void write_server_tls(const std::string& host, const std::string& system_cas,
                      tls_v3::UpstreamTlsContext& out) {
  in6_addr address;
  const bool is_address = inet_pton(AF_INET, host.c_str(), &address) == 1 ||
                          inet_pton(AF_INET6, host.c_str(), &address) == 1;
  auto& context = *out.mutable_common_tls_context()->mutable_validation_context();
  context.mutable_trusted_ca()->set_filename(system_cas);
  if (!is_address) out.set_sni(host);  // RFC 6066: no addresses there
  add_name(
      is_address ? tls_v3::SubjectAltNameMatcher::IP_ADDRESS : tls_v3::SubjectAltNameMatcher::DNS,
      host, context);
}

}  // namespace limen::features

#include "features/tls.h"

#include <envoy/extensions/transport_sockets/tls/v3/tls.pb.h>

#include "features/client_traffic.h"

namespace limen::features {
namespace {

bool must_be_shown(api::ClientValidationMode mode) {
  return mode == api::ClientValidationMode::kRequireAny ||
         mode == api::ClientValidationMode::kRequireAndVerify;
}

}  // namespace

Problems write_client_tls(const api::ClientTlsSettings& tls, tls_v3::DownstreamTlsContext& out) {
  Problems problems = write_tls_settings(tls, "spec.tls", *out.mutable_common_tls_context());
  if (tls.session && tls.session->resumption) {
    out.set_disable_stateless_session_resumption(!tls.session->resumption->stateless);
    out.set_disable_stateful_session_resumption(!tls.session->resumption->stateful);
  }
  if (tls.client_validation)
    out.mutable_require_client_certificate()->set_value(
        must_be_shown(tls.client_validation->mode_in_force()));
  return problems;
}

}  // namespace limen::features

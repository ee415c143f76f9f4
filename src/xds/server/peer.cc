#include "xds/server/peer.h"

#include <fmt/format.h>
#include <grpc/grpc_security_constants.h>
#include <grpcpp/grpcpp.h>

#include "pki/identity.h"

namespace limen::xds {

Status authorise(const grpc::ServerContextBase& peer, const std::string& transport,
                 const std::string& proxy) {
  if (transport.starts_with("unix:")) return {};
  const std::string wanted = pki::id_of_proxy(proxy);
  const auto context = peer.auth_context();
  if (context != nullptr && context->IsPeerAuthenticated()) {
    for (const auto& id : context->FindPropertyValues(GRPC_PEER_SPIFFE_ID_PROPERTY_NAME)) {
      if (std::string_view(id.data(), id.size()) == wanted) return {};
    }
  }
  return Error{
      fmt::format("{} asks for the resources of {}: its certificate does not hold the URI {}",
                  transport, proxy, wanted)};
}

}  // namespace limen::xds

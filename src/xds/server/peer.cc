#include "xds/server/peer.h"

#include <absl/strings/match.h>
#include <fmt/format.h>
#include <grpc/grpc_security_constants.h>
#include <grpcpp/generic/async_generic_service.h>

#include <algorithm>

#include "pki/identity.h"

namespace limen::xds {
namespace {

std::string token_of(const grpc::GenericCallbackServerContext& context) {
  constexpr std::string_view kScheme = "bearer ";
  const auto& headers = context.client_metadata();
  const auto [begin, end] = headers.equal_range("authorization");
  if (begin == end || std::next(begin) != end) return {};  // which of several is meant?
  const std::string_view value(begin->second.data(), begin->second.size());
  if (!absl::StartsWithIgnoreCase({value.data(), value.size()}, {kScheme.data(), kScheme.size()}))
    return {};
  return std::string(value.substr(kScheme.size()));
}

}  // namespace

Peer peer_of(const grpc::GenericCallbackServerContext& context) {
  Peer peer;
  peer.address = context.peer();
  peer.is_local = peer.address.starts_with("unix:");
  const auto shown = context.auth_context();
  peer.has_certificate = shown != nullptr && shown->IsPeerAuthenticated();
  if (peer.has_certificate) {
    for (const auto& id : shown->FindPropertyValues(GRPC_PEER_SPIFFE_ID_PROPERTY_NAME))
      peer.uris.emplace_back(id.data(), id.size());
  } else if (!peer.is_local) {
    peer.token = token_of(context);
  }
  return peer;
}

Status authorise(const Peer& peer, const std::string& proxy) {
  if (peer.is_local) return {};
  const std::string wanted = pki::id_of_proxy(proxy);
  if (std::find(peer.uris.begin(), peer.uris.end(), wanted) != peer.uris.end()) return {};
  if (!peer.has_certificate && !proxy.empty() && peer.token_proxy == proxy) return {};
  const std::string asks = fmt::format("{} asks for the resources of {}", peer.address, proxy);
  if (peer.token_proxy.empty())
    return Error{fmt::format("{}: its certificate does not hold the URI {}", asks, wanted)};
  return Error{fmt::format("{}: its token is that of {}", asks, peer.token_proxy)};
}

}  // namespace limen::xds

#include <fmt/format.h>

#include "translate/route/http.h"
#include "translate/route/rules.h"
#include "translate/route/stream.h"

namespace limen::translate {
namespace {

// The last good version with what is known of the current one.
std::shared_ptr<const TranslatedRoute> stand_in(const HeldRoute& held,
                                                const TranslatedRoute& current) {
  auto result = held.last_good == nullptr ? std::make_shared<TranslatedRoute>()
                                          : std::make_shared<TranslatedRoute>(*held.last_good);
  result->resolved_refs = current.resolved_refs;
  result->rules = current.rules;
  result->all_rules_failed = current.all_rules_failed;
  result->envoy = {};
  if (held.refusal.empty()) return result;
  const char* consequence =
      result->entries.empty() ? "the route is left out" : "its last good version stays in force";
  result->envoy = Verdict::no("UnsupportedValue", fmt::format("Envoy refuses the route: {}; {}",
                                                              held.refusal, consequence));
  return result;
}

std::shared_ptr<TranslatedRoute> translate(flow::Reads& reads, World& world,
                                           const RouteObject& route,
                                           const Attachments& attachments) {
  if (const auto* http = route.as<api::HttpRoute>())
    return translate_http(reads, world, {api::Kind::kHttpRoute, *http}, attachments);
  if (const auto* grpc = route.as<api::GrpcRoute>())
    return translate_grpc(reads, world, *grpc, attachments);
  const RouteKey key{api::kind_of(route.object).kind, route.metadata().key()};
  if (const auto* tls = route.as<api::TlsRoute>())
    return translate_stream(reads, world, {key, tls->spec.rules}, attachments);
  if (const auto* tcp = route.as<api::TcpRoute>())
    return translate_stream(reads, world, {key, tcp->spec.rules}, attachments);
  if (const auto* udp = route.as<api::UdpRoute>())
    return translate_stream(reads, world, {key, udp->spec.rules}, attachments);
  return std::make_shared<TranslatedRoute>();  // there are no other kinds
}

}  // namespace

std::shared_ptr<const TranslatedRoute> translate_route(flow::Reads& reads, World& world,
                                                       const RouteKey& key) {
  const Attachments* attachments = world.attachments.get(reads, key);
  const RouteObject* route = world.route_objects.get(reads, key);
  if (attachments == nullptr || route == nullptr) return nullptr;
  auto translated = translate(reads, world, *route, *attachments);
  const HeldRoute* held = world.held_routes.get(reads, key);
  return held == nullptr ? translated : stand_in(*held, *translated);
}

}  // namespace limen::translate

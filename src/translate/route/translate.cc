#include <fmt/format.h>

#include "translate/route/http.h"
#include "translate/route/rules.h"
#include "translate/route/stream.h"

namespace limen::translate {
namespace {

// A version without a policy must not stand in for one that has it.
bool close_if_open(const TranslatedRoute& current, TranslatedRoute& stand_in) {
  if ((current.secured & ~stand_in.secured) == 0) return false;
  // Without the parts of filter chains that are a route's, they close connections.
  if (current.entries.empty() || current.entries[0].virtual_host.route_configuration.empty())
    stand_in.entries.clear();
  for (RouteEntry& entry : stand_in.entries) {
    envoy::config::route::v3::Route route;
    route.ParseFromString(xds::serialise(*entry.route));
    answer(500, route);
    entry.route = xds::fragment_of(route);
  }
  return true;
}

// The last good version with what is known of the current one.
std::shared_ptr<const TranslatedRoute> stand_in(const HeldRoute& held,
                                                const TranslatedRoute& current) {
  auto result = held.last_good == nullptr ? std::make_shared<TranslatedRoute>()
                                          : std::make_shared<TranslatedRoute>(*held.last_good);
  const bool closed = close_if_open(current, *result);
  result->resolved_refs = current.resolved_refs;
  result->rules = current.rules;
  result->all_rules_failed = current.all_rules_failed;
  result->envoy = {};
  if (held.refusal.empty()) return result;
  const char* consequence =
      result->entries.empty() ? "the route is left out"
      : closed ? "its last good version has no SecurityPolicy: it is answered with 500"
               : "its last good version stays in force";
  result->envoy = Verdict::no("UnsupportedValue", fmt::format("Envoy refuses the route: {}; {}",
                                                              held.refusal, consequence));
  return result;
}

StreamForm form_of(flow::Reads& reads, World& world, const RouteKey& key, const api::TcpRoute& tcp,
                   const RoutePolicies* policies) {
  StreamForm form{key, tcp.spec.rules};
  if (policies == nullptr || form.rules.empty()) return form;
  const ObjectKey* policy = policies->of_rule(form.rules[0].name);  // it has one rule
  if (policy == nullptr) return form;
  form.secured = true;
  if (const auto* connections = world.connection_policies.get(reads, *policy))
    form.sources = connections->sources;
  return form;
}

std::shared_ptr<TranslatedRoute> translate(flow::Reads& reads, World& world,
                                           const RouteObject& route, const RoutePolicies* policies,
                                           const Attachments& attachments) {
  if (const auto* http = route.as<api::HttpRoute>())
    return translate_http(reads, world, {api::Kind::kHttpRoute, *http, nullptr, policies},
                          attachments);
  if (const auto* grpc = route.as<api::GrpcRoute>())
    return translate_grpc(reads, world, *grpc, policies, attachments);
  const RouteKey key{api::kind_of(route.object).kind, route.metadata().key()};
  if (const auto* tls = route.as<api::TlsRoute>())
    return translate_stream(reads, world, {key, tls->spec.rules}, attachments);
  if (const auto* tcp = route.as<api::TcpRoute>())
    return translate_stream(reads, world, form_of(reads, world, key, *tcp, policies), attachments);
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
  const RoutePolicies* policies = world.route_policies.get(reads, key);
  auto translated = translate(reads, world, *route, policies, *attachments);
  const HeldRoute* held = world.held_routes.get(reads, key);
  return held == nullptr ? translated : stand_in(*held, *translated);
}

}  // namespace limen::translate

#include "translate/route_object.h"

#include "api/objects.h"

namespace limen::translate {
namespace {

template <class T>
concept Route = requires(const T& object) {
  { object.spec.parent_refs } -> std::convertible_to<std::vector<api::ParentReference>>;
};

// Calls f(object) for a route.
template <class Result, class F>
Result visit_route(const api::AnyObject& object, F f) {
  return std::visit(
      [&](const auto& pointer) -> Result {
        using Pointer = std::decay_t<decltype(pointer)>;
        if constexpr (!std::is_same_v<Pointer, std::monostate>) {
          if constexpr (Route<typename Pointer::element_type>) return f(*pointer);
        }
        std::abort();  // REQUIRES rules it out
      },
      object);
}

}  // namespace

std::string RouteKey::text() const { return api::text_of(api::info(kind), object); }

bool RouteObject::operator==(const RouteObject& other) const {
  if (object.index() != other.object.index()) return false;
  return visit_route<bool>(object, [&](const auto& route) {
    const auto* another = other.as<std::decay_t<decltype(route)>>();
    return &route == another || route == *another;
  });
}

const api::CommonRouteSpec& RouteObject::spec() const {
  return visit_route<const api::CommonRouteSpec&>(
      object, [](const auto& route) -> const api::CommonRouteSpec& { return route.spec; });
}

const std::vector<Text>& RouteObject::hostnames() const {
  static const std::vector<Text> kNone;
  return visit_route<const std::vector<Text>&>(object,
                                               [](const auto& route) -> const std::vector<Text>& {
                                                 if constexpr (requires { route.spec.hostnames; }) {
                                                   return route.spec.hostnames;
                                                 } else {
                                                   return kNone;
                                                 }
                                               });
}

}  // namespace limen::translate

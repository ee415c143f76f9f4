// Routes of all kinds as one: what attachment, status and isolation need to know of a route is the
// same for each kind.  Values; any thread.
#pragma once

#include "api/kinds.h"

namespace limen::translate {

// A route's identity: routes of different kinds may have the same name.
struct RouteKey {
  api::Kind kind = api::Kind::kHttpRoute;
  api::ObjectKey object;
  auto operator<=>(const RouteKey&) const = default;
  // "HTTPRoute/default/shop"
  std::string text() const;
  template <class H>
  friend H AbslHashValue(H h, const RouteKey& key) {
    return H::combine(std::move(h), key.kind, key.object);
  }
};

// REQUIRES: the object is a route.
struct RouteObject {
  api::AnyObject object;

  bool operator==(const RouteObject& other) const;
  const api::ObjectMeta& metadata() const { return api::metadata_of(object); }
  const api::CommonRouteSpec& spec() const;
  // Empty where the kind has none.
  const std::vector<Text>& hostnames() const;
  // nullptr: it is of another kind.
  template <class T>
  const T* as() const {
    const auto* pointer = std::get_if<std::shared_ptr<const T>>(&object);
    return pointer == nullptr ? nullptr : pointer->get();
  }
};

}  // namespace limen::translate

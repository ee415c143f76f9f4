// By what an object is of use to Limen.  Pure; any thread.
//
// A GatewayClass of ours is of use by itself, a Gateway by its class, a route by its parents, a
// Secret by whoever names it, and so on: objects hold on to anchors that others offer.  What holds
// on to none that is offered makes no difference to translation.
#pragma once

#include <absl/container/inlined_vector.h>

#include <optional>
#include <string_view>

#include "api/kinds.h"
#include "base/json.h"

namespace limen::providers {

struct Anchor {
  enum class Kind : uint8_t {
    kClass,        // a GatewayClass of our controller
    kGateway,      // a Gateway of such a class
    kListenerSet,  // a ListenerSet of such a Gateway
    kName,         // a name in the spec of an object that is of use itself
    kNamespace,    // a namespace that is selected
  };

  Kind kind;
  api::ObjectKey key;

  auto operator<=>(const Anchor&) const = default;
  template <class H>
  friend H AbslHashValue(H hash, const Anchor& anchor) {
    return H::combine(std::move(hash), anchor.kind, anchor.key);
  }
};
using Anchors = absl::InlinedVector<Anchor, 1>;

// Whether objects of that kind need no anchor.  Few and small, or with a status of their own.
bool is_always_of_use(api::Kind kind);

// One of which has to be offered.  None: the object is of no use ever.  REQUIRES:
// !is_always_of_use(kind).
Anchors anchors_of(api::Kind kind, const api::ObjectKey& key, const Json& object);

// Of a route's parentRef; none: it names no Gateway or ListenerSet.  `name_space`: the route's.
std::optional<Anchor> anchor_of_parent(const Json& reference, const Text& name_space);

// What an object that is of use offers.  More names than are references do no harm: every "name" in
// the spec counts, so that no field is forgotten.  Namespaces offer nothing here.
Anchors offers_of(api::Kind kind, const api::ObjectKey& key, const Json& object,
                  std::string_view controller);

}  // namespace limen::providers

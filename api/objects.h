// Documents -> objects of the known kinds, and back.  Pure; any thread.
#pragma once

#include <string>

#include "api/kinds.h"
#include "base/json.h"
#include "base/problem.h"

namespace limen::api {

struct ParsedObject {
  const KindInfo* kind = nullptr;  // nullptr: unknown, or not said
  std::string type;                // "HTTPRoute", as the document says
  ObjectKey key;                   // as far as it can be read
  AnyObject object;                // monostate if there are problems or the kind is unknown
  Problems problems;               // none for an unknown kind
  Problems remarks;                // fields that are accepted and not in effect
};

// `namespace` is filled in with "default" where the kind wants one and the document says none.
ParsedObject parse_object(const Json& document);

// "HTTPRoute/default/shop": for messages.
std::string text_of(const KindInfo& kind, const ObjectKey& key);

// With apiVersion and kind.  REQUIRES: not monostate.
Json emit_object(const AnyObject& object);

// The `status` member of an object of that kind.  `status` points at the kind's status struct.
template <class StatusT>
Json emit_status(const StatusT& status);

}  // namespace limen::api

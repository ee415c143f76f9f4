// What stands for an object that cannot be read and has no earlier version, where its being left
// out would open what it was written to close: a SecurityPolicy or ClientTrafficPolicy with nothing
// but its targets, which closes them.  Pure; any thread.
#pragma once

#include "api/kinds.h"
#include "base/json.h"

namespace limen::providers {

// monostate: nothing has to, or its targets cannot be read either.
api::AnyObject stand_in_for(api::Kind kind, const Json& value);
bool is_stand_in(const api::AnyObject& object);

}  // namespace limen::providers

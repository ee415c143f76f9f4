// A service that is not there: whom it is asked about is answered with 500.  Within
// src/features/security only.
#pragma once

#include <envoy/extensions/filters/http/ext_authz/v3/ext_authz.pb.h>

namespace limen::features {

envoy::extensions::filters::http::ext_authz::v3::ExtAuthz closed_to_all();

}  // namespace limen::features

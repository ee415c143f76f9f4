// What both forms of external authorization say of headers and paths.  Within src/features only.
#pragma once

#include <envoy/extensions/filters/http/ext_authz/v3/ext_authz.pb.h>

#include <string>
#include <vector>

namespace limen::features {

// What says something about the service's answer itself would be wrong about the request.
inline constexpr char kFraming[] =
    "host|:.*|content-length|transfer-encoding|connection|keep-alive|upgrade|te|trailer|"
    "proxy-connection";

void write_names(const std::vector<std::string>& names,
                 envoy::type::matcher::v3::ListStringMatcher& out);

// Envoy wants a prefix that begins with a slash; the request's path brings one, too.
std::string path_prefix(std::string path);

// The service may not change headers whose names match the expression.
void protect_headers(const std::string& names,
                     envoy::extensions::filters::http::ext_authz::v3::ExtAuthz& out);

}  // namespace limen::features

// Texts of users in header values.  Within src/features only.
#pragma once

#include <string>

namespace limen::features {

// Envoy replaces "%...%" in header values by facts of the request; a user's text stays as it is.
std::string escaped(const std::string& value);

}  // namespace limen::features

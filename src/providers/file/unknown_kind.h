// What to tell a user whose document is of no kind that Limen knows.  Pure; any thread.
#pragma once

#include <string>
#include <string_view>

namespace limen::providers {

// A sentence: what is the matter, and what was probably meant.
std::string unknown_kind(std::string_view api_version, std::string_view kind);

}  // namespace limen::providers

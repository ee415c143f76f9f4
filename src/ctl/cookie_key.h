// The key that cookies of logins are made with, in the state folder.
#pragma once

#include <optional>
#include <string>

#include "base/result.h"

namespace limen::ctl {

// nullopt: there is none that can be used.
std::optional<std::string> read_cookie_key(const std::string& state_dir);
// Only its owner can read it.
Status write_cookie_key(const std::string& state_dir, const std::string& key);
// The one that is there, or else a new one, which stays.
Result<std::string> keep_cookie_key(const std::string& state_dir);

}  // namespace limen::ctl

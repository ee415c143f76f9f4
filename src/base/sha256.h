// Digests that nobody can aim at, for names of what users write.  Pure; any thread.
#pragma once

#include <string>
#include <string_view>

namespace limen {

std::string sha256(std::string_view bytes);  // 32 bytes

// The first half of it as 32 lower-case hex digits.
std::string digest_name(std::string_view bytes);

}  // namespace limen

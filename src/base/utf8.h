// Texts of protobufs are UTF-8: a message with one that is not is refused as a whole.  Pure.
#pragma once

#include <string_view>

namespace limen {

// Source: Unicode, table 3-7: neither overlong forms nor surrogates.
bool is_utf8(std::string_view text);

}  // namespace limen

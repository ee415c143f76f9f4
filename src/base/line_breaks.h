// Characters that JSON takes as they are and YAML 1.1 readers for line breaks or nothing at all:
// written as escapes in both.  UTF-8.
#pragma once

#include <array>
#include <string_view>

namespace limen {

struct EscapedCharacter {
  std::string_view bytes;
  std::string_view escape;
};
inline constexpr std::array<EscapedCharacter, 4> kEscapedCharacters = {{
    {"\xC2\x85", "\\u0085"},      // next line
    {"\xE2\x80\xA8", "\\u2028"},  // line separator
    {"\xE2\x80\xA9", "\\u2029"},  // paragraph separator
    {"\xEF\xBB\xBF", "\\ufeff"},  // byte order mark
}};

}  // namespace limen

// Text -> tokens of CEL.  Pure; any thread.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace limen::cel {

enum class TokenKind { kEnd, kName, kInteger, kDouble, kString, kSign };

struct Token {
  TokenKind kind = TokenKind::kEnd;
  std::string text;  // the name, the number's digits, the string's value, the sign
  size_t at = 0;     // offset in the source
};

// Ends in a kEnd.  Strings: '...', "...", with a leading r for raw ones; escapes \\ \' \" \n \r \t.
Result<std::vector<Token>> tokenize(std::string_view source);

}  // namespace limen::cel

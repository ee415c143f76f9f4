// Tokens -> tree.  Pure; any thread.
#pragma once

#include <deque>
#include <string>
#include <string_view>

#include "base/result.h"
#include "cel/ast.h"

namespace limen::cel {

struct Parsed {
  Node root;
  std::deque<std::string> texts;  // that the tree's constants and names refer to
  size_t slots = 0;               // variables, `self` in slot 0
};

// An unknown variable or function, a macro's misuse or more than 200 levels are errors.
Result<Parsed> parse(std::string_view source);

}  // namespace limen::cel

// Tokens -> tree.  Pure; any thread.
#pragma once

#include <deque>
#include <span>
#include <string>
#include <string_view>

#include "base/result.h"
#include "cel/ast.h"

namespace limen::cel {

struct Function;

// What an expression may name.
struct Environment {
  std::span<const std::string_view> variables;  // in the slots from 0
  const Function* (*function)(std::string_view name, bool is_method, size_t args);
  bool macros = true;  // all, exists, ...
};
// `self`, and what Program evaluates.
const Environment& rules_of_crds();

struct Parsed {
  Node root;
  std::deque<std::string> texts;  // that the tree's constants and names refer to
  size_t slots = 0;               // variables, those of the environment first
};

// An unknown variable or function, a macro's misuse or more than 200 levels are errors.
Result<Parsed> parse(std::string_view source, const Environment& environment = rules_of_crds());

}  // namespace limen::cel

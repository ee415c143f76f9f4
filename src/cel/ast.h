// The tree of a compiled expression.
#pragma once

#include <memory>
#include <string_view>
#include <vector>

#include "cel/value.h"

namespace re2 {
class RE2;
}

namespace limen::cel {

struct Function;

enum class Op {
  kConstant,
  kVariable,  // slot, name
  kSelect,    // args[0].name
  kHas,       // has(args[0].name)
  kIndex,     // args[0][args[1]]
  kList,      // [args...]
  kNot,
  kNegate,
  kCondition,  // args[0] ? args[1] : args[2]
  kOr,         // any number of args
  kAnd,
  kEqual,
  kNotEqual,
  kLess,
  kLessEqual,
  kGreater,
  kGreaterEqual,
  kIn,
  kAdd,
  kSubtract,
  kMultiply,
  kDivide,
  kModulo,
  kCall,  // function, args with the target first
  // Macros: args[0] is the list or map, args[1] what is asked of each element in `slot`.
  kAll,
  kExists,
  kExistsOne,
  kFilter,
  kMap,  // args[2], if there, is what an element becomes; args[1] then says which ones
};

struct Node {
  Op op = Op::kConstant;
  Value constant;
  std::string_view name;
  size_t slot = 0;
  const Function* function = nullptr;
  std::shared_ptr<const re2::RE2> regex;  // of a call of matches() with a constant pattern
  std::vector<Node> args;
  int depth = 1;
};

}  // namespace limen::cel

// Walks a tree.  Internal to this folder; one evaluation, one thread.
#pragma once

#include <string_view>
#include <vector>

#include "cel/ast.h"

namespace limen::cel {

class Evaluator {
 public:
  explicit Evaluator(size_t slots) : slots_(slots) {}

  Value run(const Node& root, const Value& self) {
    slots_[0] = self;
    return eval(root);
  }

 private:
  Value eval(const Node& node);
  Value negate(const Node& node);
  Value select(const Node& node);
  Value has(const Node& node);
  Value index(const Node& node);
  Value list(const Node& node);
  Value condition(const Node& node);
  Value logic(const Node& node, bool decisive);
  Value relation(const Node& node);
  Value in(const Value& element, const Value& container);
  Value arithmetic(const Node& node);
  Value arithmetic(Op op, int64_t a, int64_t b);
  Value call(const Node& node);
  Value quantifier(const Node& node, const List& range);
  Value collect(const Node& node, const List& range);
  Value comprehension(const Node& node);
  Value error(std::string message) { return arena_.error(std::move(message)); }

  Arena arena_;
  std::vector<Value> slots_;
  size_t steps_ = 0;
};

}  // namespace limen::cel

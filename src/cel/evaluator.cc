#include "cel/evaluator.h"

#include <fmt/format.h>

#include <array>

#include "cel/functions.h"

namespace limen::cel {
namespace {

constexpr size_t kMaxSteps = 1'000'000;

double of_doubles(Op op, double a, double b) {
  if (op == Op::kAdd) return a + b;
  if (op == Op::kSubtract) return a - b;
  return op == Op::kMultiply ? a * b : a / b;
}

}  // namespace

Value Evaluator::eval(const Node& node) {  // #lizard forgives: one line an operator
  if (++steps_ > kMaxSteps) return EvalError{"the expression takes too many steps"};
  switch (node.op) {
    case Op::kConstant: return node.constant;
    case Op::kVariable: return slots_[node.slot];
    case Op::kSelect: return select(node);
    case Op::kHas: return has(node);
    case Op::kIndex: return index(node);
    case Op::kList: return list(node);
    case Op::kNot:
    case Op::kNegate: return negate(node);
    case Op::kCondition: return condition(node);
    case Op::kOr: return logic(node, true);
    case Op::kAnd: return logic(node, false);
    case Op::kEqual:
    case Op::kNotEqual:
    case Op::kLess:
    case Op::kLessEqual:
    case Op::kGreater:
    case Op::kGreaterEqual:
    case Op::kIn: return relation(node);
    case Op::kAdd:
    case Op::kSubtract:
    case Op::kMultiply:
    case Op::kDivide:
    case Op::kModulo: return arithmetic(node);
    case Op::kCall: return call(node);
    case Op::kAll:
    case Op::kExists:
    case Op::kExistsOne:
    case Op::kFilter:
    case Op::kMap: return comprehension(node);
  }
  __builtin_unreachable();
}

Value Evaluator::negate(const Node& node) {
  const Value of = eval(node.args[0]);
  if (of.is_error()) return of;
  if (node.op == Op::kNot) {
    if (const auto* flag = of.get<bool>()) return !*flag;
    return error(fmt::format("'!' does not take {}", of.type_name()));
  }
  if (const auto* number = of.get<double>()) return -*number;
  const auto* integer = of.get<int64_t>();
  if (integer == nullptr) return error(fmt::format("'-' does not take {}", of.type_name()));
  return arithmetic(Op::kSubtract, 0, *integer);
}

Value Evaluator::select(const Node& node) {
  const Value from = eval(node.args[0]);
  if (from.is_error()) return from;
  const auto* map = from.get<const Json*>();
  if (map == nullptr) return error(fmt::format("{} has no field {}", from.type_name(), node.name));
  const Json* member = (*map)->find(node.name);
  return member != nullptr ? Value::of(*member) : error(fmt::format("no such key: {}", node.name));
}

Value Evaluator::has(const Node& node) {
  const Value from = eval(node.args[0]);
  if (from.is_error()) return from;
  const auto* map = from.get<const Json*>();
  if (map == nullptr) return error(fmt::format("{} has no fields", from.type_name()));
  return (*map)->find(node.name) != nullptr;
}

Value Evaluator::index(const Node& node) {
  const Value from = eval(node.args[0]);
  if (from.is_error()) return from;
  const Value key = eval(node.args[1]);
  if (key.is_error()) return key;
  if (const auto* list = from.get<List>()) {
    const auto* at = key.get<int64_t>();
    if (at == nullptr) return error("a list's index must be an int");
    if (*at < 0 || static_cast<size_t>(*at) >= list->size())
      return error(fmt::format("index {} is out of range", *at));
    return list->at(static_cast<size_t>(*at));
  }
  const auto* map = from.get<const Json*>();
  const auto* name = key.get<std::string_view>();
  if (map == nullptr || name == nullptr)
    return error(fmt::format("{} has no index of {}", from.type_name(), key.type_name()));
  const Json* member = (*map)->find(*name);
  return member != nullptr ? Value::of(*member) : error(fmt::format("no such key: {}", *name));
}

Value Evaluator::list(const Node& node) {
  std::vector<Value> values;
  for (const Node& element : node.args) {
    values.push_back(eval(element));
    if (values.back().is_error()) return values.back();
  }
  return arena_.keep(std::move(values));
}

Value Evaluator::condition(const Node& node) {
  const Value answer = eval(node.args[0]);
  if (answer.is_error()) return answer;
  const auto* flag = answer.get<bool>();
  if (flag == nullptr) return error(fmt::format("'?' does not take {}", answer.type_name()));
  return eval(node.args[*flag ? 1 : 2]);
}

// `||` (decisive: true) and `&&` (decisive: false).  A decisive operand beats an error in another.
Value Evaluator::logic(const Node& node, bool decisive) {
  Value failure;
  for (const Node& operand : node.args) {
    const Value answer = eval(operand);
    const auto* flag = answer.get<bool>();
    if (flag != nullptr && *flag == decisive) return decisive;
    if (answer.is_error())
      failure = answer;
    else if (flag == nullptr)
      failure = error(fmt::format("'||' and '&&' do not take {}", answer.type_name()));
  }
  return failure.is_error() ? failure : Value(!decisive);
}

Value Evaluator::relation(const Node& node) {
  const Value a = eval(node.args[0]);
  if (a.is_error()) return a;
  const Value b = eval(node.args[1]);
  if (b.is_error()) return b;
  if (node.op == Op::kIn) return in(a, b);
  if (node.op == Op::kEqual || node.op == Op::kNotEqual)
    return a.equals(b) == (node.op == Op::kEqual);
  const std::partial_ordering order = Value::compare(a, b);
  if (order == std::partial_ordering::unordered)
    return error(fmt::format("{} and {} have no order", a.type_name(), b.type_name()));
  if (node.op == Op::kLess) return order < 0;
  if (node.op == Op::kLessEqual) return order <= 0;
  return node.op == Op::kGreater ? order > 0 : order >= 0;
}

Value Evaluator::in(const Value& element, const Value& container) {
  if (const auto* map = container.get<const Json*>()) {
    const auto* key = element.get<std::string_view>();
    return key != nullptr && (*map)->find(*key) != nullptr;
  }
  const auto* list = container.get<List>();
  if (list == nullptr) return error(fmt::format("'in' does not take {}", container.type_name()));
  steps_ += list->size();
  for (size_t i = 0; i < list->size(); ++i) {
    if (list->at(i).equals(element)) return true;
  }
  return false;
}

Value Evaluator::arithmetic(const Node& node) {
  const Value a = eval(node.args[0]);
  if (a.is_error()) return a;
  const Value b = eval(node.args[1]);
  if (b.is_error()) return b;
  const bool sum = node.op == Op::kAdd || node.op == Op::kSubtract;
  const auto both = [&]<class T>(const T*) {
    return a.get<T>() != nullptr && b.get<T>() != nullptr;
  };
  if (both(a.get<int64_t>())) return arithmetic(node.op, *a.get<int64_t>(), *b.get<int64_t>());
  if (both(a.get<double>()) && node.op != Op::kModulo)
    return of_doubles(node.op, *a.get<double>(), *b.get<double>());
  if (both(a.get<Duration>()) && sum) {
    const Value count = arithmetic(node.op, a.get<Duration>()->count(), b.get<Duration>()->count());
    return count.is_error() ? count : Value(Duration(*count.get<int64_t>()));
  }
  if (both(a.get<std::string_view>()) && node.op == Op::kAdd) {
    const auto& left = *a.get<std::string_view>();
    const auto& right = *b.get<std::string_view>();
    steps_ += left.size() + right.size();
    return arena_.keep(std::string(left) + std::string(right));
  }
  if (both(a.get<List>()) && node.op == Op::kAdd) {
    std::vector<Value> joined;
    for (const List& list : {*a.get<List>(), *b.get<List>()}) {
      steps_ += list.size();
      for (size_t i = 0; i < list.size(); ++i) joined.push_back(list.at(i));
    }
    return arena_.keep(std::move(joined));
  }
  return error(fmt::format("no such operation on {} and {}", a.type_name(), b.type_name()));
}

Value Evaluator::arithmetic(Op op, int64_t a, int64_t b) {
  int64_t result = 0;
  bool overflow = false;
  if (op == Op::kAdd) {
    overflow = __builtin_add_overflow(a, b, &result);
  } else if (op == Op::kSubtract) {
    overflow = __builtin_sub_overflow(a, b, &result);
  } else if (op == Op::kMultiply) {
    overflow = __builtin_mul_overflow(a, b, &result);
  } else if (b == 0) {
    return EvalError{"division by zero"};
  } else if (b == -1) {
    overflow = op == Op::kDivide && __builtin_sub_overflow(int64_t{0}, a, &result);
  } else {
    result = op == Op::kDivide ? a / b : a % b;
  }
  return overflow ? Value(EvalError{"integer overflow"}) : Value(result);
}

Value Evaluator::call(const Node& node) {
  std::array<Value, kMaxArgs> args;
  for (size_t i = 0; i < node.args.size(); ++i) {
    args[i] = eval(node.args[i]);
    if (args[i].is_error()) return args[i];
  }
  if (const auto* text = args[0].get<std::string_view>()) steps_ += text->size() / 16;
  return node.function->call({node, {args.data(), node.args.size()}, arena_});
}

// The elements of a list, the keys of a map.
Value Evaluator::comprehension(const Node& node) {
  const Value range = eval(node.args[0]);
  if (range.is_error()) return range;
  List elements;
  if (const auto* list = range.get<List>()) {
    elements = *list;
  } else if (const auto* map = range.get<const Json*>()) {
    std::vector<Value> keys;
    for (const auto& [key, value] : (*map)->as_object()) keys.emplace_back(std::string_view(key));
    elements = arena_.keep(std::move(keys));
  } else {
    return error(fmt::format("{} has no elements", range.type_name()));
  }
  return node.op == Op::kFilter || node.op == Op::kMap ? collect(node, elements)
                                                       : quantifier(node, elements);
}

Value Evaluator::quantifier(const Node& node, const List& range) {
  const bool decisive = node.op != Op::kAll;
  int64_t count = 0;
  Value failure;
  for (size_t i = 0; i < range.size(); ++i) {
    slots_[node.slot] = range.at(i);
    const Value answer = eval(node.args[1]);
    const auto* flag = answer.get<bool>();
    if (flag == nullptr)
      failure = answer.is_error() ? answer : error("a condition must be a bool");
    else if (*flag == decisive && ++count == 1 && node.op != Op::kExistsOne)
      return decisive;
  }
  if (failure.is_error()) return failure;
  return node.op == Op::kExistsOne ? count == 1 : !decisive;
}

Value Evaluator::collect(const Node& node, const List& range) {
  const bool conditional = node.op == Op::kFilter || node.args.size() == 3;
  std::vector<Value> values;
  for (size_t i = 0; i < range.size(); ++i) {
    const Value element = slots_[node.slot] = range.at(i);
    const Value answer = eval(node.args[1]);
    if (answer.is_error()) return answer;
    if (!conditional) {
      values.push_back(answer);
      continue;
    }
    const auto* flag = answer.get<bool>();
    if (flag == nullptr) return error("a condition must be a bool");
    if (!*flag) continue;
    values.push_back(node.op == Op::kFilter ? element : eval(node.args[2]));
    if (values.back().is_error()) return values.back();
  }
  return arena_.keep(std::move(values));
}

}  // namespace limen::cel

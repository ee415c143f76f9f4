// Value: what a CEL expression comes to.  Refers to the JSON it was read from and to an Arena.
//
// An error is a value too: CEL's `||` and `&&` may absorb one.  Thread-compatible.
#pragma once

#include <chrono>
#include <compare>
#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/json.h"

namespace limen::cel {

class Value;
using Duration = std::chrono::nanoseconds;

// Elements of a JSON array, or of a list that the expression made.
struct List {
  const Json::Array* json = nullptr;
  const std::vector<Value>* values = nullptr;

  size_t size() const;
  Value at(size_t index) const;  // REQUIRES: index < size()
};

struct EvalError {
  std::string_view message;
};

class Value {
 public:
  Value() = default;                                // null
  Value(bool value) : value_(value) {}              // NOLINT: implicit on purpose, as below
  Value(int64_t value) : value_(value) {}           // NOLINT
  Value(double value) : value_(value) {}            // NOLINT
  Value(std::string_view value) : value_(value) {}  // NOLINT
  Value(List value) : value_(value) {}              // NOLINT
  Value(Duration value) : value_(value) {}          // NOLINT
  Value(EvalError value) : value_(value) {}         // NOLINT
  static Value of(const Json& json);                // which has to outlive it

  // nullptr: not of that type.  T: bool, int64_t, double, std::string_view, List, const Json* (a
  // map), Duration, EvalError.
  template <class T>
  const T* get() const {
    return std::get_if<T>(&value_);
  }
  bool is_error() const { return get<EvalError>() != nullptr; }
  std::string_view type_name() const;

  // CEL's ==: numbers by value, values of different types differ.  REQUIRES: no error
  bool equals(const Value& other) const;
  // Of numbers, texts, durations and booleans; anything else is unordered.
  static std::partial_ordering compare(const Value& a, const Value& b);

 private:
  std::variant<std::monostate, bool, int64_t, double, std::string_view, List, const Json*, Duration,
               EvalError>
      value_;
};

// Keeps what an evaluation makes.
class Arena {
 public:
  std::string_view keep(std::string text) { return texts_.emplace_back(std::move(text)); }
  List keep(std::vector<Value> values) {
    return {nullptr, &lists_.emplace_back(std::move(values))};
  }
  EvalError error(std::string message) { return {keep(std::move(message))}; }

 private:
  std::deque<std::string> texts_;
  std::deque<std::vector<Value>> lists_;
};

}  // namespace limen::cel

// The functions that an expression can call.  Pure; any thread.
#pragma once

#include <optional>
#include <span>
#include <string_view>

#include "cel/ast.h"

namespace limen::cel {

struct Call {
  const Node& node;
  std::span<const Value> args;  // a method's target first; none is an error
  Arena& arena;
};

constexpr size_t kMaxArgs = 3;  // of any function, with the target

struct Function {
  std::string_view name;
  bool is_method;  // target.name(...)
  size_t args;     // with the target
  Value (*call)(const Call& call) = nullptr;
};

// nullptr: there is none.
const Function* find_function(std::string_view name, bool is_method, size_t args);

// "1h30m", "1.5s", "-2ms"; nullopt: no duration.  The form of Go's time.ParseDuration.
std::optional<Duration> parse_duration(std::string_view text);

}  // namespace limen::cel

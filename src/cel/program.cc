#include "cel/program.h"

#include <fmt/format.h>

#include "cel/evaluator.h"
#include "cel/parser.h"

namespace limen::cel {

Result<Program> Program::compile(std::string_view source) {
  auto parsed = parse(source);
  if (!parsed) return parsed.error();
  return Program(std::make_shared<const Parsed>(std::move(*parsed)));
}

Result<bool> Program::evaluate(const Json& self) const {
  Evaluator evaluator(parsed_->slots);
  const Value value = evaluator.run(parsed_->root, Value::of(self));
  if (const auto* answer = value.get<bool>()) return *answer;
  if (const auto* error = value.get<EvalError>()) return Error{std::string(error->message)};
  return Error{fmt::format("the expression comes to a {}, not a bool", value.type_name())};
}

}  // namespace limen::cel

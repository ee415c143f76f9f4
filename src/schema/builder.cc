#include "schema/builder.h"

#include <fmt/format.h>

#include <cstdio>
#include <cstdlib>

#include "schema/emit.h"

namespace limen::schema {
namespace {

bool is_scalar(Shape shape) {
  return shape == Shape::kBool || shape == Shape::kInteger || shape == Shape::kNumber ||
         shape == Shape::kText || shape == Shape::kEnum;
}

bool is_default(const Field& field, const Json& value) {
  if (field.keep_empty || value.is_string()) return field.keep_empty || !value.as_string().empty();
  return value != Json(false) && value != Json(0);
}

}  // namespace

Rule compile_rule(std::string_view schema, std::string_view expression, std::string_view message) {
  auto program = cel::Program::compile(expression);
  if (!program) {
    fmt::print(stderr, "limen: rule of {}: {}: {}\n", schema, program.error().message, expression);
    std::abort();
  }
  return {expression, message, *program};
}

std::vector<std::pair<std::string, Json>> defaults_of(const Schema& schema, const void* initial) {
  std::vector<std::pair<std::string, Json>> defaults;
  for (const Field& field : schema.fields) {
    if (field.embedded) {
      const Schema& inner = field.type->object();
      defaults.insert(defaults.end(), inner.defaults.begin(), inner.defaults.end());
    }
    if (field.required || !is_scalar(field.type->shape)) continue;
    Json value = emit(*field.type, field.const_member(initial));
    if (is_default(field, value)) defaults.emplace_back(field.name, std::move(value));
  }
  return defaults;
}

}  // namespace limen::schema

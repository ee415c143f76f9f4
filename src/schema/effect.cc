#include "schema/effect.h"

namespace limen::schema {
namespace {

using Path = std::optional<std::string>;

Path in_value(const Type& type, const void* p);

bool is_set(const Type& type, const void* p) {
  switch (type.shape) {
    case Shape::kOptional: return type.get_optional(p) != nullptr;
    case Shape::kList:
    case Shape::kMap: return type.size(p) > 0;
    case Shape::kText: return !type.get_text(p).empty();
    case Shape::kJson: return !type.get_json(p).is_null();
    case Shape::kBool: return type.get_integer(p) != 0;
    case Shape::kInteger:
    case Shape::kNumber:
    case Shape::kEnum:
    case Shape::kObject: return true;
  }
  __builtin_unreachable();
}

// "" stands for the value itself.
std::string joined(const std::string& name, const std::string& rest) {
  if (name.empty() || rest.empty()) return name + rest;
  return rest.front() == '[' ? name + rest : name + "." + rest;
}

Path in_elements(const Type& type, const void* p) {
  Path found;
  size_t index = 0;
  type.visit(p, [&](const std::string* key, const void* element) {
    const std::string here = "[" + (key != nullptr ? *key : std::to_string(index)) + "]";
    ++index;
    if (found) return;
    if (const Path inner = in_value(*type.element, element)) found = joined(here, *inner);
  });
  return found;
}

Path in_value(const Type& type, const void* p) {
  switch (type.shape) {
    case Shape::kOptional: {
      const void* value = type.get_optional(p);
      return value == nullptr ? std::nullopt : in_value(*type.element, value);
    }
    case Shape::kList:
    case Shape::kMap: return in_elements(type, p);
    case Shape::kObject: return first_without_effect(type.object(), p);
    case Shape::kBool:
    case Shape::kInteger:
    case Shape::kNumber:
    case Shape::kText:
    case Shape::kEnum:
    case Shape::kJson: return std::nullopt;
  }
  __builtin_unreachable();
}

}  // namespace

std::optional<std::string> first_without_effect(const Schema& schema, const void* object) {
  for (const Field& field : schema.fields) {
    const void* member = field.const_member(object);
    const std::string name(field.name);
    if (!field.in_effect) {
      if (is_set(*field.type, member)) return name;
    } else if (const Path inner = in_value(*field.type, member)) {
      return joined(name, *inner);
    }
  }
  return std::nullopt;
}

}  // namespace limen::schema

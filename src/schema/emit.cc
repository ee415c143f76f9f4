#include "schema/emit.h"

namespace limen::schema {
namespace {

bool is_empty(const Type& type, const void* p) {
  switch (type.shape) {
    case Shape::kOptional: return type.get_optional(p) == nullptr;
    case Shape::kList:
    case Shape::kMap: return type.size(p) == 0;
    case Shape::kText: return type.get_text(p).empty();
    case Shape::kJson: return type.get_json(p).is_null();
    case Shape::kObject: return emit(type.object(), p).as_object().empty();
    case Shape::kBool:
    case Shape::kInteger:
    case Shape::kNumber:
    case Shape::kEnum: return false;
  }
  __builtin_unreachable();
}

void emit_members(const Schema& schema, const void* object, Json& out) {
  for (const Field& field : schema.fields) {
    const void* member = field.const_member(object);
    if (field.embedded) {
      emit_members(field.type->object(), member, out);
    } else if (field.rest) {
      const Json& rest = field.type->get_json(member);
      if (rest.is_null()) continue;
      for (const auto& [name, value] : rest.as_object()) out.set(name, value);
    } else if (field.keep_empty || !is_empty(*field.type, member)) {
      out.set(std::string(field.name), emit(*field.type, member));
    }
  }
}

Json emit_elements(const Type& type, const void* p) {
  Json::Array array;
  Json object{Json::Object{}};
  type.visit(p, [&](const std::string* key, const void* element) {
    if (key == nullptr) {
      array.push_back(emit(*type.element, element));
    } else {
      object.set(*key, emit(*type.element, element));
    }
  });
  return type.shape == Shape::kList ? Json(std::move(array)) : object;
}

}  // namespace

Json emit(const Type& type, const void* p) {
  switch (type.shape) {
    case Shape::kBool: return type.get_integer(p) != 0;
    case Shape::kInteger: return type.get_integer(p);
    case Shape::kNumber: return type.get_number(p);
    case Shape::kText: return type.get_text(p);
    case Shape::kEnum: return type.names[static_cast<size_t>(type.get_integer(p))];
    case Shape::kObject: return emit(type.object(), p);
    case Shape::kOptional: return emit(*type.element, type.get_optional(p));
    case Shape::kList:
    case Shape::kMap: return emit_elements(type, p);
    case Shape::kJson: return type.get_json(p);
  }
  __builtin_unreachable();
}

Json emit(const Schema& schema, const void* object) {
  Json out{Json::Object{}};
  emit_members(schema, object, out);
  return out;
}

}  // namespace limen::schema

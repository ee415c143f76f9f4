#include "schema/effect.h"

namespace limen::schema {
namespace {

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

class Search {
 public:
  void look_into(const Schema& schema, const void* object, const std::string& path) {
    for (const Field& field : schema.fields) {
      const void* member = field.const_member(object);
      std::string at = path;
      if (!field.name.empty()) at += (path.empty() ? "" : ".") + std::string(field.name);
      if (field.in_effect)
        look_into(*field.type, member, at);
      else if (is_set(*field.type, member))
        found.push_back(at);
    }
  }

  std::vector<std::string> found;

 private:
  void look_into(const Type& type, const void* p, const std::string& path) {
    switch (type.shape) {
      case Shape::kOptional:
        if (const void* value = type.get_optional(p)) look_into(*type.element, value, path);
        return;
      case Shape::kList:
      case Shape::kMap: return look_into_elements(type, p, path);
      case Shape::kObject: return look_into(type.object(), p, path);
      case Shape::kBool:
      case Shape::kInteger:
      case Shape::kNumber:
      case Shape::kText:
      case Shape::kEnum:
      case Shape::kJson: return;
    }
  }

  void look_into_elements(const Type& type, const void* p, const std::string& path) {
    size_t index = 0;
    type.visit(p, [&](const std::string* key, const void* element) {
      const std::string name = key != nullptr ? *key : std::to_string(index);
      ++index;
      look_into(*type.element, element, path + "[" + name + "]");
    });
  }
};

}  // namespace

std::vector<std::string> fields_without_effect(const Schema& schema, const void* object) {
  Search search;
  search.look_into(schema, object, "");
  return std::move(search.found);
}

std::optional<std::string> first_without_effect(const Schema& schema, const void* object) {
  const std::vector<std::string> all = fields_without_effect(schema, object);
  return all.empty() ? std::nullopt : std::optional(all.front());
}

}  // namespace limen::schema

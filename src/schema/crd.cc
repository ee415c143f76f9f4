#include "schema/crd.h"

#include <cmath>

namespace limen::schema {
namespace {

Json number(double value) {
  return value == std::floor(value) ? Json(static_cast<int64_t>(value)) : Json(value);
}

Json texts(const std::vector<std::string_view>& words) {
  Json::Array array(words.begin(), words.end());
  return array;
}

void add_bounds(const Bounds& bounds, std::string_view type, Json& out) {
  const auto add_count = [&](const char* name, const std::optional<size_t>& count, size_t trivial) {
    if (count && *count != trivial) out.set(name, static_cast<int64_t>(*count));
  };
  if (bounds.min) out.set("minimum", number(*bounds.min));
  if (bounds.max) out.set("maximum", number(*bounds.max));
  add_count("minLength", bounds.min_length, 0);
  add_count("maxLength", bounds.max_length, SIZE_MAX);
  add_count(type == "array" ? "minItems" : "minProperties", bounds.min_items, 0);
  add_count(type == "array" ? "maxItems" : "maxProperties", bounds.max_items, SIZE_MAX);
  if (!bounds.pattern.empty()) out.set("pattern", bounds.pattern);
  if (!bounds.one_of.empty()) out.set("enum", texts(bounds.one_of));
}

Json scalar(std::string_view type) {
  Json out;
  out.set("type", type);
  return out;
}

Json open_api_of_type(const Type& type, const Bounds& each);

// An element of a list or map; elements of elements have no bounds of their own.
Json element_of(const Type& type, const Bounds& each) {
  Json out = open_api_of_type(*type.element, {});
  add_bounds(each, out.text("type"), out);
  return out;
}

Json text_type(const Type& type) {
  Json out = scalar("string");
  if (!type.pattern.empty())
    out.set("pattern", type.pattern);
  else if (!type.format.empty())
    out.set("format", type.format);
  return out;
}

Json open_api_of_type(const Type& type, const Bounds& each) {
  Json out;
  switch (type.shape) {
    case Shape::kBool: return scalar("boolean");
    case Shape::kNumber: return scalar("number");
    case Shape::kText: return text_type(type);
    case Shape::kObject: return open_api_of(type.object());
    case Shape::kOptional: return open_api_of_type(*type.element, each);
    case Shape::kInteger:
      out = scalar("integer");
      out.set("format", type.integer_format);
      return out;
    case Shape::kEnum:
      out = scalar("string");
      out.set("enum", texts(type.names));
      return out;
    case Shape::kList:
      out = scalar("array");
      out.set("items", element_of(type, each));
      return out;
    case Shape::kMap:
      out = scalar("object");
      out.set("additionalProperties", element_of(type, each));
      return out;
    case Shape::kJson: out.set("x-kubernetes-preserve-unknown-fields", true); return out;
  }
  __builtin_unreachable();
}

Json property_of(const Field& field) {
  Json out;
  out.set("description", field.doc);
  Json type = open_api_of_type(*field.type, field.each);
  for (auto& [name, value] : type.as_object()) {
    if (name != "description") out.set(name, std::move(value));  // the field's says more
  }
  if (field.json_form == JsonForm::kObject) out.set("type", "object");
  if (field.json_form == JsonForm::kIntOrString) {
    out = Json::Object{{"description", field.doc}, {"x-kubernetes-int-or-string", true}};
  }
  add_bounds(field.bounds, out.text("type"), out);
  if (field.unique_items) out.set("x-kubernetes-list-type", "set");
  if (!field.unique_by.empty()) {
    out.set("x-kubernetes-list-type", "map");
    out.set("x-kubernetes-list-map-keys", texts(field.unique_by));
  }
  return out;
}

// What an object's schema is made of, those of embedded objects among its own.
struct Members {
  Json properties{Json::Object{}};
  Json::Array required;
  Json::Array validations;

  void add(const Schema& schema) {
    for (const Field& field : schema.fields) add(field);
    for (const auto& [name, value] : schema.defaults) {
      if (Json* property = properties.find(name)) property->set("default", value);
    }
    for (const Rule& rule : schema.rules) {
      Json validation;
      validation.set("rule", rule.expression);
      validation.set("message", rule.message);
      validations.push_back(std::move(validation));
    }
  }

 private:
  void add(const Field& field) {
    if (field.embedded) return add(field.type->object());
    if (!field.rest) {
      properties.set(std::string(field.name), property_of(field));
      if (field.required) required.emplace_back(field.name);
      return;
    }
    for (std::string_view name : field.rest_names)
      properties.set(std::string(name), property_of(field));
  }
};

Json assemble(const Schema& schema, Members members) {
  Json out;
  out.set("description", schema.doc);
  out.set("type", "object");
  if (!members.required.empty()) out.set("required", std::move(members.required));
  // API servers drop an empty one, and then take the same text for another when it is applied
  // again.
  if (!members.properties.as_object().empty()) out.set("properties", std::move(members.properties));
  if (!members.validations.empty())
    out.set("x-kubernetes-validations", std::move(members.validations));
  return out;
}

}  // namespace

Json open_api_of(const Schema& schema) {
  Members members;
  members.add(schema);
  return assemble(schema, std::move(members));
}

Json open_api_of_object(const Schema& schema) {
  Members members;
  members.properties.set("apiVersion", scalar("string"));
  members.properties.set("kind", scalar("string"));
  members.add(schema);
  members.properties.set("metadata", scalar("object"));
  std::erase(members.required, Json("metadata"));
  return assemble(schema, std::move(members));
}

}  // namespace limen::schema

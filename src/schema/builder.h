// Builds descriptor tables.  Included by api/**.cc only.
//
//   const Schema& schema_of(const FaultAbort*) {
//     static const Schema schema = object<FaultAbort>("FaultAbort", "Ends a share of the requests
//     with an error.")
//         .field<&FaultAbort::http_status>("httpStatus", "Status to answer with.", min(200),
//         max(600));
//     return schema;
//   }
//
// An enumeration has `std::vector<std::string_view> names_of(const E*)` beside it; a text type has
// `std::string_view format_of(const T*)`, `bool parse_text(const std::string&, T&)` and
// `std::string format_text(const T&)`, and `std::string_view pattern_of(const T*)` where the format
// is not one that OpenAPI knows; all are found by argument-dependent look-up.
#pragma once

#include <absl/container/btree_map.h>

#include <re2/re2.h>

#include <limits>
#include <map>
#include <type_traits>
#include <utility>

#include "base/box.h"
#include "base/text.h"
#include "schema/schema.h"

namespace limen::schema {

template <class T>
const Type& type_of();

namespace impl {

template <class T>
struct IsOptional : std::false_type {};
template <class T>
struct IsOptional<std::optional<T>> : std::true_type {};
template <class T>
struct IsOptional<Box<T>> : std::true_type {};
template <class T>
struct IsVector : std::false_type {};
template <class T>
struct IsVector<std::vector<T>> : std::true_type {};
template <class T>
struct IsMap : std::false_type {};
template <class T>
struct IsMap<std::map<std::string, T>> : std::true_type {};
template <class T>
struct IsMap<absl::btree_map<std::string, T>> : std::true_type {};
template <class T>
concept TextType = requires(T t, const std::string& s) {
  parse_text(s, t);
};
template <class T>
concept EnumType = std::is_enum_v<T>;

template <class T>
T& as(void* p) {
  return *static_cast<T*>(p);
}
template <class T>
const T& as(const void* p) {
  return *static_cast<const T*>(p);
}

template <class T>
Type make_container() {
  Type type{};
  if constexpr (IsOptional<T>::value) {
    type.shape = Shape::kOptional;
    type.element = &type_of<typename T::value_type>();
    type.get_optional = [](const void* p) -> const void* {
      return as<T>(p) ? &*as<T>(p) : nullptr;
    };
    type.append = [](void* p, const std::string*) -> void* { return &as<T>(p).emplace(); };
  } else if constexpr (IsVector<T>::value) {
    type.shape = Shape::kList;
    type.element = &type_of<typename T::value_type>();
    type.append = [](void* p, const std::string*) -> void* { return &as<T>(p).emplace_back(); };
    type.reserve = [](void* p, size_t count) { as<T>(p).reserve(count); };
    type.size = [](const void* p) { return as<T>(p).size(); };
    type.visit = [](const void* p, const auto& visitor) {
      for (const auto& element : as<T>(p)) visitor(nullptr, &element);
    };
  } else {
    type.shape = Shape::kMap;
    type.element = &type_of<typename T::mapped_type>();
    type.append = [](void* p, const std::string* key) -> void* { return &as<T>(p)[*key]; };
    type.size = [](const void* p) { return as<T>(p).size(); };
    type.visit = [](const void* p, const auto& visitor) {
      for (const auto& [key, element] : as<T>(p)) visitor(&key, &element);
    };
  }
  return type;
}

template <class T>
Type make_scalar() {
  Type type{};
  if constexpr (std::is_same_v<T, bool>) {
    type.shape = Shape::kBool;
    type.get_integer = [](const void* p) { return int64_t{as<T>(p)}; };
    type.set_index = [](void* p, size_t index) { as<T>(p) = index != 0; };
  } else if constexpr (std::is_integral_v<T>) {
    type.shape = Shape::kInteger;
    type.integer_format = sizeof(T) == 4 ? "int32" : "int64";
    type.get_integer = [](const void* p) { return static_cast<int64_t>(as<T>(p)); };
    type.set_integer = [](void* p, int64_t value) {
      if (!std::in_range<T>(value)) return false;
      as<T>(p) = static_cast<T>(value);
      return true;
    };
  } else if constexpr (std::is_floating_point_v<T>) {
    type.shape = Shape::kNumber;
    type.get_number = [](const void* p) { return double{as<T>(p)}; };
    type.set_number = [](void* p, double value) { as<T>(p) = value; };
  } else if constexpr (std::is_same_v<T, std::string>) {
    type.shape = Shape::kText;
    type.set_text = [](void* p, const std::string& text) {
      as<T>(p) = text;
      return true;
    };
    type.get_text = [](const void* p) { return as<T>(p); };
  } else if constexpr (std::is_same_v<T, Text>) {
    type.shape = Shape::kText;
    type.set_text = [](void* p, const std::string& text) {
      as<T>(p) = text;
      return true;
    };
    type.get_text = [](const void* p) { return as<T>(p).str(); };
  } else {
    type.shape = Shape::kJson;
    type.set_json = [](void* p, const Json& value) { as<Json>(p) = value; };
    type.get_json = [](const void* p) -> const Json& { return as<Json>(p); };
  }
  return type;
}

template <class T>
Type make_type() {
  if constexpr (IsOptional<T>::value || IsVector<T>::value || IsMap<T>::value) {
    return make_container<T>();
  } else if constexpr (EnumType<T>) {
    Type type{};
    type.shape = Shape::kEnum;
    type.names = names_of(static_cast<const T*>(nullptr));
    type.get_integer = [](const void* p) { return static_cast<int64_t>(as<T>(p)); };
    type.set_index = [](void* p, size_t index) { as<T>(p) = static_cast<T>(index); };
    return type;
  } else if constexpr (TextType<T>) {
    Type type{};
    type.shape = Shape::kText;
    type.format = format_of(static_cast<const T*>(nullptr));
    if constexpr (requires(const T* p) { pattern_of(p); })
      type.pattern = pattern_of(static_cast<const T*>(nullptr));
    type.set_text = [](void* p, const std::string& text) { return parse_text(text, as<T>(p)); };
    type.get_text = [](const void* p) { return format_text(as<T>(p)); };
    return type;
  } else if constexpr (std::is_arithmetic_v<T> || std::is_same_v<T, std::string> ||
                       std::is_same_v<T, Text> || std::is_same_v<T, Json>) {
    return make_scalar<T>();
  } else {
    Type type{};
    type.shape = Shape::kObject;
    type.object = []() -> const Schema& { return schema_of(static_cast<const T*>(nullptr)); };
    return type;
  }
}

template <auto kMember>
struct Member;
template <class Owner, class T, T Owner::*kMember>
struct Member<kMember> {
  using Value = T;
};

}  // namespace impl

template <class T>
const Type& type_of() {
  static const Type type = impl::make_type<T>();
  return type;
}

// ---- What can be said of a field: functions on Field, in any order.
inline auto required() {
  return [](Field& f) { f.required = true; };
}
inline auto min(double value) {
  return [=](Field& f) { f.bounds.min = value; };
}
inline auto max(double value) {
  return [=](Field& f) { f.bounds.max = value; };
}
inline auto length(size_t least, size_t most) {
  return [=](Field& f) {
    f.bounds.min_length = least;
    f.bounds.max_length = most;
  };
}
inline auto items(size_t least, size_t most) {
  return [=](Field& f) {
    f.bounds.min_items = least;
    f.bounds.max_items = most;
  };
}
inline auto unique_by(const std::vector<std::string_view>& keys) {
  return [=](Field& f) { f.unique_by = keys; };
}
// Elements of a list of scalars: none twice.
inline auto unique() {
  return [](Field& f) { f.unique_items = true; };
}
inline auto rest(const std::vector<std::string_view>& names) {
  return [=](Field& f) {
    f.rest = true;
    f.in_effect = false;
    f.rest_names = names;
  };
}
inline auto not_in_effect() {
  return [](Field& f) { f.in_effect = false; };
}
inline auto embedded() {
  return [](Field& f) { f.embedded = true; };
}
// Of a Json: an object, whatever is in it; a number or a text ("50%").
inline auto any_object() {
  return [](Field& f) { f.json_form = JsonForm::kObject; };
}
inline auto int_or_string() {
  return [](Field& f) { f.json_form = JsonForm::kIntOrString; };
}
inline auto keep_empty() {
  return [](Field& f) { f.keep_empty = true; };
}

// A pattern with what a message calls it: "'a_b' is not <words>".
struct Form {
  const char* pattern;
  const char* words;
};
inline auto pattern(const Form& form) {
  return [=](Field& f) {
    f.bounds.pattern = form.pattern;
    f.bounds.regex = std::make_shared<const re2::RE2>(form.pattern);
    f.bounds.form = form.words;
  };
}
inline auto pattern(const char* text) { return pattern(Form{text, ""}); }
inline auto one_of(const std::vector<std::string_view>& values) {
  return [=](Field& f) { f.bounds.one_of = values; };
}
// The same of each element of a list.
template <class... Constraint>
auto each(Constraint... constraints) {
  return [=](Field& f) {
    Field element = f;
    element.bounds = {};
    (constraints(element), ...);
    f.each = element.bounds;
  };
}

// Ends the process if the expression does not compile: a mistake in a table.
Rule compile_rule(std::string_view schema, std::string_view expression, std::string_view message);
// `initial`: an object of the schema's type as its constructor leaves it.
std::vector<std::pair<std::string, Json>> defaults_of(const Schema& schema, const void* initial);

template <class T>
class object {  // NOLINT: reads as a word of the table language
 public:
  object(std::string_view name, std::string_view doc) {
    schema_.name = name;
    schema_.doc = doc;
  }

  template <auto kMember, class... Constraint>
  object&& field(std::string_view name, std::string_view doc, Constraint... constraints) && {
    using M = impl::Member<kMember>;
    Field field{};
    field.name = name;
    field.doc = doc;
    field.type = &type_of<typename M::Value>();
    field.member = [](void* owner) -> void* { return &(impl::as<T>(owner).*kMember); };
    field.const_member = [](const void* owner) -> const void* {
      return &(impl::as<T>(owner).*kMember);
    };
    (constraints(field), ...);
    schema_.fields.push_back(std::move(field));
    return std::move(*this);
  }
  // The members of a base class, which has a table of its own.
  template <class Base>
  object&& base(std::string_view doc) && {
    Field field{};
    field.doc = doc;
    field.type = &type_of<Base>();
    field.member = [](void* owner) -> void* { return static_cast<Base*>(&impl::as<T>(owner)); };
    field.const_member = [](const void* owner) -> const void* {
      return static_cast<const Base*>(&impl::as<T>(owner));
    };
    field.embedded = true;
    schema_.fields.push_back(std::move(field));
    return std::move(*this);
  }
  object&& rule(std::string_view expression, std::string_view message) && {
    schema_.rules.push_back(compile_rule(schema_.name, expression, message));
    return std::move(*this);
  }
  operator Schema() && {  // NOLINT: implicit on purpose
    const T initial{};
    schema_.defaults = defaults_of(schema_, &initial);
    return std::move(schema_);
  }

 private:
  Schema schema_;
};

}  // namespace limen::schema

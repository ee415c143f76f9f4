#include "cel/value.h"

#include <array>

namespace limen::cel {

size_t List::size() const { return json != nullptr ? json->size() : values->size(); }
Value List::at(size_t index) const {
  return json != nullptr ? Value::of((*json)[index]) : (*values)[index];
}

Value Value::of(const Json& json) {
  if (json.is_bool()) return json.as_bool();
  if (json.is_integer()) return json.as_integer();
  if (json.is_number()) return json.as_double();
  if (json.is_string()) return std::string_view(json.as_string());
  if (json.is_array()) return List{&json.as_array(), nullptr};
  Value map;
  if (json.is_object()) map.value_ = &json;
  return map;
}

std::string_view Value::type_name() const {
  static constexpr std::array<std::string_view, 9> kNames = {
      "null", "bool", "int", "double", "string", "list", "map", "duration", "error"};
  return kNames[value_.index()];
}

namespace {

bool equal_lists(const List& a, const List& b) {
  if (a.size() != b.size()) return false;
  for (size_t i = 0; i < a.size(); ++i) {
    if (!a.at(i).equals(b.at(i))) return false;
  }
  return true;
}

}  // namespace

bool Value::equals(const Value& other) const {
  if (const auto* list = get<List>())
    return other.get<List>() != nullptr && equal_lists(*list, *other.get<List>());
  if (const auto* map = get<const Json*>())
    return other.get<const Json*>() != nullptr && **map == **other.get<const Json*>();
  if (value_.index() == 0) return other.value_.index() == 0;
  return compare(*this, other) == std::partial_ordering::equivalent;
}

std::partial_ordering Value::compare(const Value& a, const Value& b) {
  const auto same = [&]<class T>(const T* x) -> std::partial_ordering {
    const T* y = b.get<T>();
    return y != nullptr ? std::partial_ordering(*x <=> *y) : std::partial_ordering::unordered;
  };
  if (const auto* x = a.get<int64_t>()) {
    const auto* y = b.get<double>();
    return y != nullptr ? static_cast<double>(*x) <=> *y : same(x);
  }
  if (const auto* x = a.get<double>()) {
    const auto* y = b.get<int64_t>();
    return y != nullptr ? *x <=> static_cast<double>(*y) : same(x);
  }
  if (const auto* x = a.get<std::string_view>()) return same(x);
  if (const auto* x = a.get<Duration>()) return same(x);
  if (const auto* x = a.get<bool>()) return same(x);
  return std::partial_ordering::unordered;
}

}  // namespace limen::cel

// Json: one value of a JSON or YAML document, with the line it stands on.
//
// Objects keep the order of the document and hold each key once.  A plain value type;
// thread-compatible.  Made by base/yaml.h, read by src/schema.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace limen {

class Json {
 public:
  using Array = std::vector<Json>;
  using Member = std::pair<std::string, Json>;
  using Object = std::vector<Member>;

  Json() = default;                                      // null
  Json(std::nullptr_t) {}                                // NOLINT: implicit on purpose, as below
  Json(bool value) : value_(value) {}                    // NOLINT
  Json(int value) : value_(int64_t{value}) {}            // NOLINT
  Json(int64_t value) : value_(value) {}                 // NOLINT
  Json(double value) : value_(value) {}                  // NOLINT
  Json(std::string value) : value_(std::move(value)) {}  // NOLINT
  Json(std::string_view value) : value_(std::string(value)) {}  // NOLINT
  Json(const char* value) : value_(std::string(value)) {}       // NOLINT
  Json(Array value) : value_(std::move(value)) {}               // NOLINT
  Json(Object value) : value_(std::move(value)) {}              // NOLINT

  bool is_null() const { return value_.index() == 0; }
  bool is_bool() const { return value_.index() == 1; }
  bool is_integer() const { return value_.index() == 2; }
  bool is_number() const { return value_.index() == 2 || value_.index() == 3; }
  bool is_string() const { return value_.index() == 4; }
  bool is_array() const { return value_.index() == 5; }
  bool is_object() const { return value_.index() == 6; }

  // REQUIRES: the value is of that type (as_double: a number).
  bool as_bool() const { return std::get<bool>(value_); }
  int64_t as_integer() const { return std::get<int64_t>(value_); }
  double as_double() const;
  const std::string& as_string() const { return std::get<std::string>(value_); }
  const Array& as_array() const { return std::get<Array>(value_); }
  Array& as_array() { return std::get<Array>(value_); }
  const Object& as_object() const { return std::get<Object>(value_); }
  Object& as_object() { return std::get<Object>(value_); }

  // The member `key` of an object; nullptr if this is no object or has none.
  const Json* find(std::string_view key) const;
  Json* find(std::string_view key);
  // The member's text, or "" if it is no string.
  std::string_view text(std::string_view key) const;
  // Sets a member, in place or at the end.  REQUIRES: an object or null (which becomes one).
  void set(std::string key, Json value);

  // "string", "object", ...: for messages.
  std::string_view type_name() const;

  int line() const { return line_; }  // from 1; 0 where unknown
  void set_line(int line) { line_ = line; }

  // Equal values; numbers by value (1 == 1.0), members in any order, lines ignored.
  bool operator==(const Json& other) const;

 private:
  std::variant<std::monostate, bool, int64_t, double, std::string, Array, Object> value_;
  int line_ = 0;
};

// Compact JSON text, or with `indent` spaces a level.
std::string to_json(const Json& value, int indent = -1);

}  // namespace limen

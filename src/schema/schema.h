// Descriptor tables: what an API struct is called in JSON, its documentation, bounds and rules,
// once.
//
// A table is made with builder.h beside its struct (api/**.cc).  What walks it is not a template:
// parse.h (JSON -> struct with all mistakes collected), emit.h (struct -> JSON), crd.h
// (the OpenAPI schema of a CustomResourceDefinition), reference.h (Markdown). Tables are immutable
// after their making; any thread.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "cel/program.h"

namespace re2 {
class RE2;
}

namespace limen::schema {

enum class Shape { kBool, kInteger, kNumber, kText, kEnum, kObject, kOptional, kList, kMap, kJson };

struct Schema;

// How values of one C++ type are read and written, the type itself erased: `p` points at such a
// value.
struct Type {
  Shape shape;
  const Type* element = nullptr;        // kOptional, kList, kMap
  const Schema& (*object)() = nullptr;  // kObject
  std::vector<std::string_view> names;  // kEnum: in the order of the enumerators
  std::string_view format;   // kText with rules of its own: "date-time", "duration"; else ""
  std::string_view pattern;  // kText with rules of its own: RE2 that every value matches; or ""
  std::string_view integer_format;  // kInteger: "int32", "int64"

  bool (*set_text)(void* p, const std::string& text) = nullptr;  // kText; false: not in the format
  std::string (*get_text)(const void* p) = nullptr;
  bool (*set_integer)(void* p, int64_t value) = nullptr;  // kInteger; false: out of range
  int64_t (*get_integer)(const void* p) = nullptr;        // kInteger, kEnum, kBool
  void (*set_index)(void* p, size_t index) = nullptr;     // kEnum, kBool
  double (*get_number)(const void* p) = nullptr;
  void (*set_number)(void* p, double value) = nullptr;
  void (*set_json)(void* p, const Json& value) = nullptr;  // kJson
  const Json& (*get_json)(const void* p) = nullptr;
  const void* (*get_optional)(const void* p) = nullptr;  // kOptional; nullptr: unset
  void* (*append)(void* p, const std::string* key) =
      nullptr;  // kOptional, kList, kMap (with key): a new element
  void (*reserve)(void* p, size_t count) = nullptr;  // kList
  size_t (*size)(const void* p) = nullptr;           // kList, kMap
  void (*visit)(const void* p,
                const std::function<void(const std::string* key, const void* element)>&) = nullptr;
};

struct Bounds {
  std::optional<double> min, max;  // numbers; for lists and maps of elements: see each_*
  std::optional<size_t> min_length, max_length;  // text, in Unicode code points
  std::optional<size_t> min_items, max_items;    // lists and maps
  std::string pattern;                           // RE2, searched as OpenAPI does
  std::shared_ptr<const re2::RE2> regex;         // `pattern`, compiled
  std::string_view form;                         // `pattern` in words, for messages
  std::vector<std::string_view> one_of;          // text
};

// What a field of shape kJson takes.
enum class JsonForm { kAny, kObject, kIntOrString };

struct Field {
  std::string_view name;  // JSON name; "" for an embedded object
  std::string_view doc;
  const Type* type;
  void* (*member)(void* owner);
  const void* (*const_member)(const void* owner);
  bool required = false;
  bool keep_empty = false;  // emitted also when empty
  bool embedded = false;    // its members stand in the owner's JSON object
  bool in_effect = true;    // false: accepted, and it is said that nothing comes of it
  bool rest = false;        // takes the members named in `rest_names`; none is in effect
  std::vector<std::string_view> rest_names;
  std::vector<std::string_view> unique_by;  // list-map keys
  bool unique_items = false;                // a list of scalars that is a set
  JsonForm json_form = JsonForm::kAny;
  Bounds bounds;  // of the value
  Bounds each;    // of a list's elements or a map's values
};

struct Rule {
  std::string_view expression;  // CEL, on `self`, with defaults filled in
  std::string_view message;
  cel::Program program;  // `expression`, compiled
};

struct Schema {
  std::string_view name;
  std::string_view doc;
  std::vector<Field> fields;
  std::vector<Rule> rules;
  // What the API server would fill in where a member is missing: of members that are no optional
  // and not required, the initial values that aren't empty (or are said to be kept when empty).
  std::vector<std::pair<std::string, Json>> defaults;
};

}  // namespace limen::schema

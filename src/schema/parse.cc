#include "schema/parse.h"

#include <fmt/format.h>
#include <re2/re2.h>

#include <algorithm>
#include <set>

#include "base/strings.h"
#include "base/yaml_scalar.h"

namespace limen::schema {
namespace {

size_t code_points(const std::string& text) {
  return static_cast<size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return (c & 0xC0) != 0x80; }));
}

// As much of a value as a message can bear.
std::string excerpt(std::string_view text) {
  constexpr size_t kMost = 120;
  if (text.size() <= kMost) return std::string(text);
  size_t end = kMost;
  while ((text[end] & 0xC0) == 0x80) --end;  // no part of a character
  return std::string(text.substr(0, end)) + "...";
}

// A position in the document, written out only when something is wrong there.
struct Path {
  const Path* parent = nullptr;
  std::string_view name;
  std::optional<size_t> index;

  std::string text() const {
    std::string out = parent != nullptr ? parent->text() : "";
    if (index) return out + fmt::format("[{}]", *index);
    if (!out.empty() && !name.empty()) out += ".";
    return out.append(name);
  }
};

class Parser {
 public:
  explicit Parser(const ParseOptions& options) : options_(options) {}

  void parse_object(Json& value, const Schema& schema, void* object, const Path& path) {
    if (!value.is_object()) return wrong_type(value, "an object", path);
    const size_t before = problems_.size();
    drop_nulls(value);
    for (auto& [name, member] : value.as_object()) {
      if (!parse_member(name, member, schema, object, path))
        unknown_field(name, member, schema, path);
    }
    check_required(value, schema, path);
    if (problems_.size() > before) return;
    add_defaults(value, schema);
    check_rules(value, schema, path);
  }

  Problems take() { return std::move(problems_); }

 private:
  static void drop_nulls(Json& object) {
    std::erase_if(object.as_object(), [](const auto& member) { return member.second.is_null(); });
  }

  // False: the schema has no such member.
  bool parse_member(const std::string& name, Json& value, const Schema& schema, void* object,
                    const Path& path) {
    for (const Field& field : schema.fields) {
      void* member = field.member(object);
      if (field.embedded) {
        if (parse_member(name, value, field.type->object(), member, path)) return true;
      } else if (field.rest) {
        if (std::find(field.rest_names.begin(), field.rest_names.end(), name) ==
            field.rest_names.end())
          continue;
        static_cast<Json*>(member)->set(name, value);
        remark(value, field, {&path, name, {}});
        return true;
      } else if (field.name == name) {
        remark(value, field, {&path, name, {}});
        parse_field(value, field, member, {&path, field.name, {}});
        return true;
      }
    }
    return false;
  }

  void remark(const Json& value, const Field& field, const Path& path) {
    if (field.in_effect || options_.remarks == nullptr) return;
    options_.remarks->push_back({"NotInEffect", path.text(),
                                 "is accepted, but this version of Limen does nothing with it",
                                 value.line()});
  }

  void parse_field(Json& value, const Field& field, void* member, const Path& path) {
    const size_t before = problems_.size();
    if (!check_form(value, field.json_form, path)) return;
    parse_value(value, *field.type, member, path, &field.each);
    if (problems_.size() > before) return;
    check_bounds(value, field.bounds, path);
    if (!field.unique_by.empty()) check_unique(value, field, path);
    if (field.unique_items) check_unique_items(value, path);
  }

  bool check_form(const Json& value, JsonForm form, const Path& path) {
    switch (form) {
      case JsonForm::kAny: return true;
      case JsonForm::kObject:
        if (!value.is_object()) wrong_type(value, "an object", path);
        return value.is_object();
      case JsonForm::kIntOrString:
        if (!value.is_integer() && !value.is_string())
          wrong_type(value, "an integer or a string", path);
        return value.is_integer() || value.is_string();
    }
    __builtin_unreachable();
  }

  void parse_value(Json& value, const Type& type, void* p, const Path& path, const Bounds* each) {
    switch (type.shape) {
      case Shape::kBool:
        if (!value.is_bool()) return wrong_type(value, "true or false", path);
        return type.set_index(p, value.as_bool() ? 1 : 0);
      case Shape::kInteger:
        if (!value.is_integer()) return wrong_type(value, "an integer", path);
        if (!type.set_integer(p, value.as_integer()))
          add(value, path, "Invalid",
              fmt::format("{} does not fit into {}", value.as_integer(), type.integer_format));
        return;
      case Shape::kNumber:
        if (!value.is_number()) return wrong_type(value, "a number", path);
        return type.set_number(p, value.as_double());
      case Shape::kText: return parse_text(value, type, p, path);
      case Shape::kEnum: return parse_enum(value, type, p, path);
      case Shape::kObject: return parse_object(value, type.object(), p, path);
      case Shape::kOptional:
        return parse_value(value, *type.element, type.append(p, nullptr), path, each);
      case Shape::kList: return parse_list(value, type, p, path, each);
      case Shape::kMap: return parse_map(value, type, p, path, each);
      case Shape::kJson: return type.set_json(p, value);
    }
  }

  void parse_text(const Json& value, const Type& type, void* p, const Path& path) {
    if (!value.is_string()) return wrong_type(value, "a string", path);
    if (!type.set_text(p, value.as_string())) {
      add(value, path, "Invalid",
          fmt::format("'{}' is no {}", excerpt(value.as_string()), type.format));
    }
  }

  void parse_enum(const Json& value, const Type& type, void* p, const Path& path) {
    if (!value.is_string()) return wrong_type(value, "a string", path);
    const auto it = std::find(type.names.begin(), type.names.end(), value.as_string());
    if (it == type.names.end()) return not_one_of(value, type.names, path);
    type.set_index(p, static_cast<size_t>(it - type.names.begin()));
  }

  void parse_list(Json& value, const Type& type, void* p, const Path& path, const Bounds* each) {
    if (!value.is_array()) return wrong_type(value, "a list", path);
    type.reserve(p, value.as_array().size());
    for (size_t i = 0; i < value.as_array().size(); ++i) {
      Json& item = value.as_array()[i];
      const Path at{&path, {}, i};
      parse_value(item, *type.element, type.append(p, nullptr), at, nullptr);
      if (each != nullptr) check_bounds(item, *each, at);
    }
  }

  void parse_map(Json& value, const Type& type, void* p, const Path& path, const Bounds* each) {
    if (!value.is_object()) return wrong_type(value, "an object", path);
    drop_nulls(value);
    for (auto& [key, item] : value.as_object()) {
      const Path at{&path, key, {}};
      parse_value(item, *type.element, type.append(p, &key), at, nullptr);
      if (each != nullptr) check_bounds(item, *each, at);
    }
  }

  void check_bounds(const Json& value, const Bounds& bounds, const Path& path) {
    if (value.is_number()) check_number(value, bounds, path);
    if (value.is_string()) check_text(value, bounds, path);
    const bool is_list = value.is_array();
    if (!is_list && !value.is_object()) return;
    const size_t count = is_list ? value.as_array().size() : value.as_object().size();
    if (bounds.min_items && count < *bounds.min_items)
      add(value, path, "Invalid",
          fmt::format("has {} entries, at least {} are needed", count, *bounds.min_items));
    if (bounds.max_items && count > *bounds.max_items)
      add(value, path, "Invalid",
          fmt::format("has {} entries, at most {} are allowed", count, *bounds.max_items));
  }

  void check_number(const Json& value, const Bounds& bounds, const Path& path) {
    const bool low = bounds.min && value.as_double() < *bounds.min;
    const bool high = bounds.max && value.as_double() > *bounds.max;
    if (!low && !high) return;
    const std::string range = bounds.min && bounds.max
                                  ? fmt::format("from {} to {}", *bounds.min, *bounds.max)
                                  : (low ? fmt::format("at least {}", *bounds.min)
                                         : fmt::format("at most {}", *bounds.max));
    add(value, path, "Invalid", fmt::format("must be {}, not {}", range, to_json(value)));
  }

  void check_text(const Json& value, const Bounds& bounds, const Path& path) {
    const std::string& text = value.as_string();
    if (bounds.min_length || bounds.max_length) {
      const size_t count = code_points(text);
      if (count < bounds.min_length.value_or(0))
        return add(value, path, "Invalid",
                   text.empty() ? "must not be empty"
                                : fmt::format("has {} characters, at least {} are needed", count,
                                              *bounds.min_length));
      if (count > bounds.max_length.value_or(SIZE_MAX))
        return add(
            value, path, "Invalid",
            fmt::format("has {} characters, at most {} are allowed", count, *bounds.max_length));
    }
    if (!bounds.one_of.empty() &&
        std::find(bounds.one_of.begin(), bounds.one_of.end(), text) == bounds.one_of.end())
      not_one_of(value, bounds.one_of, path);
    if (bounds.regex != nullptr && !re2::RE2::PartialMatch(text, *bounds.regex))
      add(value, path, "Invalid",
          bounds.form.empty()
              ? fmt::format("'{}' does not have the form {}", excerpt(text), bounds.pattern)
              : fmt::format("'{}' is not {}", excerpt(text), bounds.form));
  }

  void check_unique(const Json& list, const Field& field, const Path& path) {
    std::set<std::string> seen;
    for (size_t i = 0; i < list.as_array().size(); ++i) {
      const Json& item = list.as_array()[i];
      std::string identity;
      for (std::string_view key : field.unique_by) {
        const Json* part = item.find(key);
        identity += (part != nullptr ? to_json(*part) : "") + " ";
      }
      if (!seen.insert(identity).second) {
        add(item, {&path, {}, i}, "Duplicate",
            fmt::format("an entry before it has the same {}: change or remove one",
                        fmt::join(field.unique_by, ", ")));
      }
    }
  }

  void check_unique_items(const Json& list, const Path& path) {
    std::set<std::string> seen;
    for (size_t i = 0; i < list.as_array().size(); ++i) {
      const Json& item = list.as_array()[i];
      if (!seen.insert(to_json(item)).second)
        add(item, {&path, {}, i}, "Duplicate", fmt::format("{} stands twice", to_json(item)));
    }
  }

  void check_required(const Json& value, const Schema& schema, const Path& path) {
    for (const Field& field : schema.fields) {
      if (field.embedded) check_required(value, field.type->object(), path);
      if (!field.required) continue;
      if (value.find(field.name) == nullptr)
        add(value, {&path, field.name, {}}, "Required", "is missing: add it");
    }
  }

  static void add_defaults(Json& value, const Schema& schema) {
    for (const auto& [name, initial] : schema.defaults) {
      if (value.find(name) == nullptr) value.as_object().emplace_back(name, initial);
    }
  }

  // A rule whose evaluation fails is broken too.
  void check_rules(const Json& value, const Schema& schema, const Path& path) {
    for (const Field& field : schema.fields) {
      if (field.embedded) check_rules(value, field.type->object(), path);
    }
    for (const Rule& rule : schema.rules) {
      const auto holds = rule.program.evaluate(value);
      if (!holds)
        add(value, path, "Invalid", fmt::format("{} ({})", rule.message, holds.error().message));
      else if (!*holds)
        add(value, path, "Invalid", std::string(rule.message));
    }
  }

  static void collect_names(const Schema& schema, std::vector<std::string_view>& names) {
    for (const Field& field : schema.fields) {
      if (field.embedded)
        collect_names(field.type->object(), names);
      else if (field.rest)
        names.insert(names.end(), field.rest_names.begin(), field.rest_names.end());
      else
        names.push_back(field.name);
    }
  }

  void unknown_field(const std::string& name, const Json& value, const Schema& schema,
                     const Path& path) {
    if (!options_.strict) return;
    std::vector<std::string_view> names;
    collect_names(schema, names);
    const auto guess = nearest(name, names);
    add(value, {&path, name, {}}, "UnknownField",
        fmt::format("there is no such field{}",
                    guess ? fmt::format("; did you mean '{}'?", *guess) : ""));
  }

  void wrong_type(const Json& value, std::string_view wanted, const Path& path) {
    std::string message = fmt::format("must be {}, not {}", wanted, value.type_name());
    if (value.is_object() || value.is_array())
      message += wanted == "a list" ? ": begin each entry with '- '" : "";
    else if (!value.is_null())
      message += " " + excerpt(to_json(value));
    if (value.is_string() && !plain_scalar(value.as_string()).is_string())
      message += ": remove the quotes";
    if ((value.is_number() || value.is_bool()) && wanted == "a string") message += ": quote it";
    add(value, path, "WrongType", message);
  }

  void not_one_of(const Json& value, const std::vector<std::string_view>& names, const Path& path) {
    const auto guess = nearest(value.as_string(), names);
    add(value, path, "Invalid",
        fmt::format("'{}' is not one of {}{}", excerpt(value.as_string()), fmt::join(names, ", "),
                    guess ? fmt::format("; did you mean '{}'?", *guess) : ""));
  }

  void add(const Json& value, const Path& path, std::string reason, std::string message) {
    problems_.push_back({std::move(reason), path.text(), std::move(message), value.line()});
  }

  const ParseOptions& options_;
  Problems problems_;
};

}  // namespace

Problems parse(Json& value, const Schema& schema, void* object, const ParseOptions& options) {
  Parser parser(options);
  parser.parse_object(value, schema, object, Path{});
  return parser.take();
}

}  // namespace limen::schema

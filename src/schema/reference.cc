#include "schema/reference.h"

#include <fmt/format.h>

#include <map>

namespace limen::schema {
namespace {

// A table's cell: `|` would end it.
std::string cell(std::string_view text) {
  std::string out;
  for (char c : text) {
    if (c == '|') out += '\\';
    out += c;
  }
  return out;
}

std::string code(std::string_view text) { return fmt::format("`{}`", text); }

const Type& without_optional(const Type& type) {
  return type.shape == Shape::kOptional ? without_optional(*type.element) : type;
}

std::string type_text(const Type& type) {
  switch (type.shape) {
    case Shape::kBool: return "boolean";
    case Shape::kInteger: return "integer";
    case Shape::kNumber: return "number";
    case Shape::kEnum: return "string";
    case Shape::kText:
      return type.format == "date-time" ? "time" : type.format.empty() ? "string" : "duration";
    case Shape::kObject: return "object";
    case Shape::kOptional: return type_text(*type.element);
    case Shape::kList: return "list of " + type_text(*type.element);
    case Shape::kMap: return "map of " + type_text(*type.element);
    case Shape::kJson: return "any";
  }
  __builtin_unreachable();
}

template <class T>
void add_range(const std::optional<T>& least, const std::optional<T>& most, T trivial,
               std::string_view unit, std::vector<std::string>& out) {
  const bool from = least && *least != trivial;
  if (from && most)
    out.push_back(fmt::format("{} to {}{}", *least, *most, unit));
  else if (from)
    out.push_back(fmt::format("at least {}{}", *least, unit));
  else if (most)
    out.push_back(fmt::format("at most {}{}", *most, unit));
}

std::string words(const std::vector<std::string_view>& names) {
  std::string out;
  for (std::string_view name : names) out += (out.empty() ? "" : ", ") + code(name);
  return out;
}

void add_bounds(const Bounds& bounds, std::vector<std::string>& out) {
  add_range<double>(bounds.min, bounds.max, -1e300, "", out);
  add_range<size_t>(bounds.min_length, bounds.max_length, 0, " characters", out);
  add_range<size_t>(bounds.min_items, bounds.max_items, 0, " entries", out);
  if (!bounds.one_of.empty()) out.push_back("one of " + words(bounds.one_of));
  if (!bounds.pattern.empty()) out.push_back("matches " + code(bounds.pattern));
}

std::string bounds_text(const Field& field) {
  std::vector<std::string> parts;
  add_bounds(field.bounds, parts);
  const Type& type = without_optional(*field.type);
  const Type& scalar = type.element != nullptr ? without_optional(*type.element) : type;
  if (scalar.shape == Shape::kEnum) parts.push_back("one of " + words(scalar.names));
  std::vector<std::string> each;
  add_bounds(field.each, each);
  if (!each.empty()) parts.push_back(fmt::format("each: {}", fmt::join(each, ", ")));
  if (!field.unique_by.empty())
    parts.push_back(fmt::format("no two of the same {}", words(field.unique_by)));
  if (field.unique_items) parts.push_back("no two equal");
  return fmt::format("{}", fmt::join(parts, "; "));
}

class Writer {
 public:
  void write(const Schema& schema, const std::string& prefix) {
    for (const Rule& rule : schema.rules)
      rules_ +=
          fmt::format("- {}: {}\n", code(prefix.empty() ? "" : prefix.substr(0, prefix.size() - 1)),
                      rule.message);
    for (const Field& field : schema.fields) write(schema, field, prefix);
  }

  std::string take() {
    std::string out = "| field | type | default | bounds | description |\n|---|---|---|---|---|\n";
    out += rows_;
    if (!rules_.empty()) out += "\nRules:\n\n" + rules_;
    return out;
  }

 private:
  void write(const Schema& schema, const Field& field, const std::string& prefix) {
    if (field.embedded) return write(field.type->object(), prefix);
    if (field.rest) {
      for (std::string_view name : field.rest_names)
        add_row(prefix + std::string(name), field, "", field.doc);
      return;
    }
    // What Kubernetes defines is not ours to document.
    if (prefix.empty() && field.name == "metadata") return;
    write_object(field, prefix + std::string(field.name), default_of(schema, field));
  }

  void write_object(const Field& field, const std::string& path, const std::string& standard) {
    const Type* type = &without_optional(*field.type);
    std::string inside = path;
    while (type->element != nullptr) {
      if (type->shape == Shape::kList) inside += "[]";
      if (type->shape == Shape::kMap) inside += ".*";
      type = type->element;
    }
    if (type->shape != Shape::kObject) return add_row(path, field, standard, field.doc);
    const Schema& schema = type->object();
    const auto [it, is_new] = places_.emplace(&schema, inside);
    add_row(path, field, standard,
            is_new ? std::string(field.doc)
                   : fmt::format("{} Members as of {}.", field.doc, code(it->second)));
    if (is_new) write(schema, inside + ".");
  }

  static std::string default_of(const Schema& schema, const Field& field) {
    if (field.required) return "required";
    for (const auto& [name, value] : schema.defaults) {
      if (name == field.name) return code(to_json(value));
    }
    return "";
  }

  void add_row(const std::string& path, const Field& field, std::string_view standard,
               std::string_view doc) {
    rows_ += fmt::format("| {} | {} | {} | {} | {}{} |\n", code(path), type_text(*field.type),
                         cell(standard), cell(bounds_text(field)), cell(doc),
                         field.in_effect ? "" : " *Not yet in effect.*");
  }

  std::string rows_, rules_;
  std::map<const Schema*, std::string> places_;  // where an object type was written out
};

}  // namespace

std::string reference_of(const Schema& schema) {
  Writer writer;
  writer.write(schema, "");
  return writer.take();
}

}  // namespace limen::schema

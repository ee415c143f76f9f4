#include "base/json_patch.h"

#include <absl/strings/str_replace.h>
#include <absl/strings/str_split.h>
#include <fmt/format.h>

#include <algorithm>
#include <charconv>

namespace limen {
namespace {

using Tokens = std::vector<std::string>;

// nullopt: neither empty nor begins with '/'.
std::optional<Tokens> tokens_of(const std::string& pointer) {
  if (pointer.empty()) return Tokens();
  if (pointer[0] != '/') return std::nullopt;
  Tokens tokens = absl::StrSplit(pointer.substr(1), '/');
  for (std::string& token : tokens) token = absl::StrReplaceAll(token, {{"~1", "/"}, {"~0", "~"}});
  return tokens;
}

// An index of a list of `size` elements; "-" is the place behind the last.
std::optional<size_t> index_of(const std::string& token, size_t size) {
  if (token == "-") return size;
  size_t index = 0;
  const char* end = token.data() + token.size();
  const auto [rest, error] = std::from_chars(token.data(), end, index);
  const bool leading_zero = token.size() > 1 && token[0] == '0';
  if (error != std::errc() || rest != end || leading_zero || index > size) return std::nullopt;
  return index;
}

Json* child(Json& parent, const std::string& token) {
  if (!parent.is_array()) return parent.find(token);
  const auto index = index_of(token, parent.as_array().size());
  return index && *index < parent.as_array().size() ? &parent.as_array()[*index] : nullptr;
}

Json* walk(Json& document, const Tokens& tokens, size_t count) {
  Json* at = &document;
  for (size_t i = 0; i < count && at != nullptr; ++i) at = child(*at, tokens[i]);
  return at;
}

Status add(Json& document, const Tokens& tokens, Json value) {
  if (tokens.empty()) {
    document = std::move(value);
    return {};
  }
  Json* parent = walk(document, tokens, tokens.size() - 1);
  if (parent == nullptr || !(parent->is_object() || parent->is_array()))
    return Error{"there is nothing that could hold it"};
  if (parent->is_object()) {
    parent->set(tokens.back(), std::move(value));
    return {};
  }
  const auto index = index_of(tokens.back(), parent->as_array().size());
  if (!index) return Error{"the list has no such place"};
  parent->as_array().insert(parent->as_array().begin() + static_cast<long>(*index),
                            std::move(value));
  return {};
}

Result<Json> take(Json& document, const Tokens& tokens) {
  Json* found = walk(document, tokens, tokens.size());
  if (found == nullptr || tokens.empty()) return Error{"there is no such member"};
  Json value = *found;
  Json& parent = *walk(document, tokens, tokens.size() - 1);
  if (parent.is_array()) {
    parent.as_array().erase(parent.as_array().begin() + (found - parent.as_array().data()));
  } else {
    std::erase_if(parent.as_object(), [&](const auto& m) { return m.first == tokens.back(); });
  }
  return value;
}

Status apply(Json& document, const JsonPatchStep& step) {
  const auto path = tokens_of(step.path);
  const auto from = tokens_of(step.from);
  if (!path || !from) return Error{"a path must be empty or begin with '/'"};
  if (step.op == "add") return add(document, *path, step.value);
  if (step.op == "move") {
    if (step.path.starts_with(step.from + "/")) return Error{"it can't be moved into itself"};
    auto value = take(document, *from);
    return value ? add(document, *path, std::move(*value)) : Status(value.error());
  }
  const Json* source =
      step.op == "copy" ? walk(document, *from, from->size()) : walk(document, *path, path->size());
  if (source == nullptr) return Error{"there is no such member"};
  if (step.op == "copy") return add(document, *path, Json(*source));
  if (step.op == "test")
    return *source == step.value ? Status() : Error{"the value there is another one"};
  if (step.op == "replace") {
    *walk(document, *path, path->size()) = step.value;
    return {};
  }
  if (step.op != "remove") return Error{"there is no such operation"};
  const auto removed = take(document, *path);
  return removed ? Status() : Status(removed.error());
}

}  // namespace

Result<Json> apply_patch(Json document, const std::vector<JsonPatchStep>& steps) {
  for (size_t i = 0; i < steps.size(); ++i) {
    if (const Status done = apply(document, steps[i]); !done)
      return with_context(done.error(),
                          fmt::format("step {}, {} {}", i, steps[i].op, steps[i].path));
  }
  return document;
}

const Json* find_pointer(const Json& document, const std::string& pointer) {
  const auto tokens = tokens_of(pointer);
  return tokens ? walk(const_cast<Json&>(document), *tokens, tokens->size()) : nullptr;
}

void merge_json(Json& into, const Json& from) {
  if (into.is_object() && from.is_object()) {
    for (const auto& [name, value] : from.as_object()) {
      if (Json* member = into.find(name))
        merge_json(*member, value);
      else
        into.set(name, value);
    }
  } else if (into.is_array() && from.is_array()) {
    into.as_array().insert(into.as_array().end(), from.as_array().begin(), from.as_array().end());
  } else {
    into = from;
  }
}

}  // namespace limen

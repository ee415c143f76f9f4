#include <fmt/format.h>

#include <algorithm>

#include "base/line_breaks.h"
#include "base/yaml.h"
#include "base/yaml_scalar.h"

namespace limen {
namespace {

bool has_escaped_character(std::string_view text) {
  return std::any_of(kEscapedCharacters.begin(), kEscapedCharacters.end(),
                     [&](const auto& it) { return text.find(it.bytes) != std::string_view::npos; });
}

// Whether `text` may stand unquoted and is read back as the same string.
bool is_plain(std::string_view text) {
  if (text.empty() || text.front() == ' ' || text.back() == ' ' || text.back() == ':') return false;
  constexpr std::string_view kIndicators = "-?:,[]{}#&*!|>'\"%@`=<";
  if (kIndicators.find(text.front()) != std::string_view::npos) return false;
  if (text.starts_with("...")) return false;  // would end the document
  if (has_escaped_character(text)) return false;
  if (text.find(": ") != std::string_view::npos || text.find(" #") != std::string_view::npos)
    return false;
  for (char c : text) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) return false;
  }
  // YAML 1.1 readers take these for booleans.
  for (std::string_view word : {"y", "Y", "n", "N", "yes", "Yes", "YES", "no", "No", "NO", "on",
                                "On", "ON", "off", "Off", "OFF"}) {
    if (text == word) return false;
  }
  return plain_scalar(text).is_string();
}

// Lines that a literal block ('|') can carry unchanged.
bool is_block(std::string_view text) {
  if (text.find('\n') == std::string_view::npos || text.find_first_of(" \t\n") == 0) return false;
  if (text.back() != '\n' || text.ends_with("\n\n") || has_escaped_character(text)) return false;
  for (char c : text) {
    if ((static_cast<unsigned char>(c) < 0x20 && c != '\n' && c != '\t') || c == 0x7f) return false;
  }
  return true;
}

std::string scalar_text(const Json& value) {
  if (value.is_string() && is_plain(value.as_string())) return value.as_string();
  return to_json(value);
}

std::string key_text(const std::string& key) { return is_plain(key) ? key : to_json(Json(key)); }

bool is_inline(const Json& value) {
  if (value.is_array()) return value.as_array().empty();
  if (value.is_object()) return value.as_object().empty();
  return !(value.is_string() && !value.as_string().empty() && is_block(value.as_string()));
}

class Emitter {
 public:
  std::string take() { return std::move(out_); }

  // Writes `value` behind what is on the line already; `indent` is that of its children.
  void emit(const Json& value, size_t indent, bool in_list) {
    if (is_inline(value)) {
      out_ += scalar_text(value) + "\n";
    } else if (value.is_array()) {
      emit_array(value.as_array(), indent);
    } else if (value.is_object()) {
      emit_object(value.as_object(), indent, in_list);
    } else {
      emit_block(value.as_string(), indent);
    }
  }

 private:
  void emit_array(const Json::Array& array, size_t indent) {
    for (const Json& item : array) {
      out_ += std::string(indent, ' ') + "-";
      if (item.is_array() && !item.as_array().empty()) {
        out_ += "\n";
        emit(item, indent + 2, false);
      } else {
        out_ += " ";
        emit(item, indent + 2, true);
      }
    }
  }
  void emit_object(const Json::Object& object, size_t indent, bool first_is_placed) {
    for (const auto& [key, value] : object) {
      if (!first_is_placed) out_ += std::string(indent, ' ');
      first_is_placed = false;
      out_ += key_text(key) + ":";
      if (is_inline(value) || value.is_string()) {
        out_ += " ";
        emit(value, indent + 2, false);
      } else {
        out_ += "\n";
        emit(value, value.is_array() ? indent : indent + 2, false);
      }
    }
  }
  void emit_block(std::string_view text, size_t indent) {
    out_ += "|\n";
    if (indent == 0) indent = 2;
    for (size_t at = 0; at < text.size();) {
      const size_t end = text.find('\n', at);
      if (end > at) out_ += std::string(indent, ' ');
      out_ += text.substr(at, end - at + 1);
      at = end + 1;
    }
  }

  std::string out_;
};

}  // namespace

std::string to_yaml(const Json& value) {
  Emitter emitter;
  emitter.emit(value, 0, false);
  return emitter.take();
}

}  // namespace limen

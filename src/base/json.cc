#include "base/json.h"

#include <fmt/format.h>

#include <cassert>
#include <cmath>

#include "base/line_breaks.h"

namespace limen {
namespace {

// What is written for the character at the beginning of `text`, if it is one of kEscapedCharacters.
const EscapedCharacter* escaped_at(std::string_view text) {
  if (static_cast<unsigned char>(text[0]) < 0xC2) return nullptr;
  for (const EscapedCharacter& it : kEscapedCharacters) {
    if (text.starts_with(it.bytes)) return &it;
  }
  return nullptr;
}

void write_string(std::string& out, std::string_view text) {
  out += '"';
  for (size_t at = 0; at < text.size(); ++at) {
    if (const EscapedCharacter* special = escaped_at(text.substr(at))) {
      out += special->escape;
      at += special->bytes.size() - 1;
      continue;
    }
    const char c = text[at];
    switch (c) {
      case '"': out += "\\\""; break;
      case '\\': out += "\\\\"; break;
      case '\n': out += "\\n"; break;
      case '\r': out += "\\r"; break;
      case '\t': out += "\\t"; break;
      default:
        if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) {
          out += fmt::format("\\u{:04x}", static_cast<int>(c));
        } else {
          out += c;
        }
    }
  }
  out += '"';
}

class Writer {
 public:
  Writer(std::string& out, int indent) : out_(out), indent_(indent) {}

  void write(const Json& value, int depth) {
    if (value.is_array()) return write_array(value.as_array(), depth);
    if (value.is_object()) return write_object(value.as_object(), depth);
    write_scalar(value);
  }

 private:
  void write_scalar(const Json& value) {
    if (value.is_null())
      out_ += "null";
    else if (value.is_bool())
      out_ += value.as_bool() ? "true" : "false";
    else if (value.is_string())
      write_string(out_, value.as_string());
    else if (value.is_integer())
      out_ += fmt::format("{}", value.as_integer());
    else
      out_ += fmt::format("{}", std::isfinite(value.as_double()) ? value.as_double() : 0.0);
  }
  void write_array(const Json::Array& array, int depth) {
    out_ += '[';
    for (size_t i = 0; i < array.size(); ++i) {
      if (i > 0) out_ += ',';
      line_feed(depth + 1);
      write(array[i], depth + 1);
    }
    if (!array.empty()) line_feed(depth);
    out_ += ']';
  }
  void write_object(const Json::Object& object, int depth) {
    out_ += '{';
    for (size_t i = 0; i < object.size(); ++i) {
      if (i > 0) out_ += ',';
      line_feed(depth + 1);
      write_string(out_, object[i].first);
      out_ += indent_ < 0 ? ":" : ": ";
      write(object[i].second, depth + 1);
    }
    if (!object.empty()) line_feed(depth);
    out_ += '}';
  }
  void line_feed(int depth) {
    if (indent_ < 0) return;
    out_ += '\n';
    out_.append(static_cast<size_t>(depth) * static_cast<size_t>(indent_), ' ');
  }

  std::string& out_;
  int indent_;
};

}  // namespace

double Json::as_double() const {
  return is_integer() ? static_cast<double>(as_integer()) : std::get<double>(value_);
}

const Json* Json::find(std::string_view key) const {
  const auto* object = std::get_if<Object>(&value_);
  if (object == nullptr) return nullptr;
  for (const Member& member : *object) {
    if (member.first == key) return &member.second;
  }
  return nullptr;
}

Json* Json::find(std::string_view key) {
  return const_cast<Json*>(static_cast<const Json*>(this)->find(key));
}

std::string_view Json::text(std::string_view key) const {
  const Json* member = find(key);
  return member != nullptr && member->is_string() ? std::string_view(member->as_string()) : "";
}

void Json::set(std::string key, Json value) {
  if (is_null()) value_ = Object{};
  if (Json* member = find(key)) {
    *member = std::move(value);
  } else {
    as_object().emplace_back(std::move(key), std::move(value));
  }
}

std::string_view Json::type_name() const {
  static constexpr std::string_view kNames[] = {"null",   "boolean", "integer", "number",
                                                "string", "list",    "object"};
  return kNames[value_.index()];
}

bool Json::operator==(const Json& other) const {
  if (is_number() && other.is_number() && is_integer() != other.is_integer()) {
    return as_double() == other.as_double();
  }
  if (!is_object() || !other.is_object()) return value_ == other.value_;
  if (as_object().size() != other.as_object().size()) return false;
  for (const auto& [key, value] : as_object()) {
    const Json* twin = other.find(key);
    if (twin == nullptr || !(*twin == value)) return false;
  }
  return true;
}

std::string to_json(const Json& value, int indent) {
  std::string out;
  Writer(out, indent).write(value, 0);
  return out;
}

}  // namespace limen

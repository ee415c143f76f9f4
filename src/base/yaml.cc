#include "base/yaml.h"

#include <absl/container/flat_hash_map.h>
#include <absl/container/flat_hash_set.h>
#include <fmt/format.h>
#include <yaml.h>

#include <algorithm>

#include "base/yaml_advice.h"
#include "base/yaml_scalar.h"

namespace limen {
namespace {

struct Failure {
  std::string reason;
  std::string message;
  size_t line = 0;  // from 0, in the chunk
};

// Composes the one document of a chunk out of libyaml's events.
class Composer {
 public:
  Composer(std::string_view text, int first_line, const YamlLimits& limits)
      : text_(text), first_line_(first_line), limits_(limits) {
    yaml_parser_initialize(&parser_);
    yaml_parser_set_encoding(&parser_, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(&parser_, reinterpret_cast<const unsigned char*>(text.data()),
                                 text.size());
  }
  ~Composer() { yaml_parser_delete(&parser_); }
  Composer(const Composer&) = delete;
  Composer& operator=(const Composer&) = delete;

  // nullopt: the chunk holds no document.  After a failure, see failure().
  std::optional<Json> compose() {
    std::optional<Json> value;
    Event event;
    while (next(event)) {
      switch (event.type()) {
        case YAML_STREAM_END_EVENT: return value;
        case YAML_DOCUMENT_START_EVENT: {
          if (value) {
            fail("InvalidYAML", "a new document must begin with a line of its own, '---'", event);
            return std::nullopt;
          }
          Json document;
          if (!compose_next(document, 0)) return std::nullopt;
          value = std::move(document);
          break;
        }
        case YAML_NO_EVENT:
        case YAML_STREAM_START_EVENT:
        case YAML_DOCUMENT_END_EVENT:
        case YAML_ALIAS_EVENT:
        case YAML_SCALAR_EVENT:
        case YAML_SEQUENCE_START_EVENT:
        case YAML_SEQUENCE_END_EVENT:
        case YAML_MAPPING_START_EVENT:
        case YAML_MAPPING_END_EVENT: break;
      }
    }
    return std::nullopt;
  }

  const std::optional<Failure>& failure() const { return failure_; }

 private:
  class Event {
   public:
    Event() = default;
    ~Event() { clear(); }
    Event(const Event&) = delete;
    Event& operator=(const Event&) = delete;
    void clear() {
      if (full_) yaml_event_delete(&event_);
      full_ = false;
    }
    bool parse(yaml_parser_t* parser) {
      clear();
      full_ = yaml_parser_parse(parser, &event_) != 0;
      return full_;
    }
    yaml_event_type_t type() const { return event_.type; }
    const yaml_event_t& get() const { return event_; }

   private:
    yaml_event_t event_{};
    bool full_ = false;
  };

  bool next(Event& event) {
    if (event.parse(&parser_)) return true;
    YamlComplaint complaint{words(parser_.problem), words(parser_.context),
                            parser_.problem_mark.line, parser_.context_mark.line};
    if (parser_.error == YAML_READER_ERROR) {  // which knows bytes only
      const std::string_view before = text_.substr(0, parser_.problem_offset);
      complaint.line = static_cast<size_t>(std::count(before.begin(), before.end(), '\n'));
    }
    YamlAdvice advice = advise(text_, first_line_, complaint);
    failure_ = {"InvalidYAML", std::move(advice.message), advice.line};
    return false;
  }
  static std::string_view words(const char* text) { return text == nullptr ? "" : text; }

  bool fail(std::string reason, std::string message, const Event& event) {
    failure_ = {std::move(reason), std::move(message), event.get().start_mark.line};
    return false;
  }

  bool too_deep(const Event& event) {
    return fail("InvalidYAML",
                fmt::format("nested more than {} deep: is a bracket left open?", limits_.max_depth),
                event);
  }
  bool too_many(const Event& event) {
    return fail("InvalidYAML",
                fmt::format("more than {} values, aliases counted each time: split the document",
                            limits_.max_nodes),
                event);
  }

  bool compose_next(Json& out, size_t depth) {
    Event event;
    return next(event) && compose(event, out, depth);
  }

  bool compose(const Event& event, Json& out, size_t depth) {
    if (depth > limits_.max_depth) return too_deep(event);
    if (++nodes_ > limits_.max_nodes) return too_many(event);
    const int line = first_line_ + static_cast<int>(event.get().start_mark.line);
    switch (event.type()) {
      case YAML_SCALAR_EVENT: {
        const auto& scalar = event.get().data.scalar;
        const std::string_view text(reinterpret_cast<const char*>(scalar.value), scalar.length);
        out = scalar.style == YAML_PLAIN_SCALAR_STYLE ? plain_scalar(text) : Json(text);
        out.set_line(line);
        return remember(scalar.anchor, out);
      }
      case YAML_SEQUENCE_START_EVENT: {
        const std::string anchor = text_of(event.get().data.sequence_start.anchor);
        return compose_sequence(out, depth, line) && remember(anchor, out);
      }
      case YAML_MAPPING_START_EVENT: {
        const std::string anchor = text_of(event.get().data.mapping_start.anchor);
        return compose_mapping(out, depth, line) && remember(anchor, out);
      }
      case YAML_ALIAS_EVENT: return compose_alias(event, out);
      case YAML_NO_EVENT:
      case YAML_STREAM_START_EVENT:
      case YAML_STREAM_END_EVENT:
      case YAML_DOCUMENT_START_EVENT:
      case YAML_DOCUMENT_END_EVENT:
      case YAML_SEQUENCE_END_EVENT:
      case YAML_MAPPING_END_EVENT: break;
    }
    return fail("InvalidYAML", "a value is missing", event);
  }

  bool compose_sequence(Json& out, size_t depth, int line) {
    Json::Array array;
    Event event;
    while (next(event)) {
      if (event.type() == YAML_SEQUENCE_END_EVENT) {
        out = Json(std::move(array));
        out.set_line(line);
        return true;
      }
      if (!compose(event, array.emplace_back(), depth + 1)) return false;
    }
    return false;
  }

  bool compose_mapping(Json& out, size_t depth, int line) {
    Json::Object object;
    absl::flat_hash_set<std::string> keys;  // only for large mappings
    Event event;
    while (next(event)) {
      if (event.type() == YAML_MAPPING_END_EVENT) {
        out = Json(std::move(object));
        out.set_line(line);
        return true;
      }
      if (!compose_key(event, object, keys)) return false;
      if (!compose_next(object.back().second, depth + 1)) return false;
    }
    return false;
  }

  bool compose_key(const Event& event, Json::Object& object,
                   absl::flat_hash_set<std::string>& keys) {
    if (event.type() != YAML_SCALAR_EVENT)
      return fail("InvalidYAML",
                  "a key must be text: quote it; of a '{{ }}' template, render it first", event);
    const auto& scalar = event.get().data.scalar;
    std::string key(reinterpret_cast<const char*>(scalar.value), scalar.length);
    if (key == "<<" && scalar.style == YAML_PLAIN_SCALAR_STYLE) {
      return fail("InvalidYAML", "merge keys ('<<') are not supported: write the fields out",
                  event);
    }
    if (is_duplicate(key, object, keys)) {
      return fail("DuplicateKey",
                  fmt::format("key '{}' stands twice in one object: remove one", key), event);
    }
    object.emplace_back(std::move(key), Json());
    return true;
  }

  static bool is_duplicate(const std::string& key, const Json::Object& object,
                           absl::flat_hash_set<std::string>& keys) {
    constexpr size_t kSmall = 16;
    if (object.size() < kSmall) {
      for (const auto& member : object) {
        if (member.first == key) return true;
      }
      return false;
    }
    if (keys.empty()) {
      for (const auto& member : object) keys.insert(member.first);
    }
    return !keys.insert(key).second;
  }

  bool compose_alias(const Event& event, Json& out) {
    auto it = anchors_.find(text_of(event.get().data.alias.anchor));
    if (it == anchors_.end()) {
      return fail("InvalidYAML",
                  "an alias ('*') names an unknown anchor: quote the value if it begins with '*'",
                  event);
    }
    nodes_ += it->second.nodes;
    if (nodes_ > limits_.max_nodes) return too_many(event);
    out = it->second.value;
    return true;
  }

  static std::string text_of(const yaml_char_t* text) {
    return text == nullptr ? std::string() : reinterpret_cast<const char*>(text);
  }

  bool remember(const yaml_char_t* anchor, const Json& value) {
    return anchor == nullptr || remember(text_of(anchor), value);
  }
  bool remember(const std::string& anchor, const Json& value) {
    if (!anchor.empty()) anchors_[anchor] = {value, count_nodes(value)};
    return true;
  }
  static size_t count_nodes(const Json& value) {
    size_t count = 1;
    if (value.is_array()) {
      for (const Json& item : value.as_array()) count += count_nodes(item);
    } else if (value.is_object()) {
      for (const auto& member : value.as_object()) count += count_nodes(member.second);
    }
    return count;
  }

  struct Anchor {
    Json value;
    size_t nodes = 0;
  };

  yaml_parser_t parser_;
  std::string_view text_;
  int first_line_;
  YamlLimits limits_;
  size_t nodes_ = 0;
  absl::flat_hash_map<std::string, Anchor> anchors_;
  std::optional<Failure> failure_;
};

}  // namespace

std::vector<YamlChunk> split_yaml(std::string_view text) {
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  std::vector<YamlChunk> chunks;
  int line = 1;
  size_t begin = 0;
  int begin_line = 1;
  bool directives = text.starts_with('%');  // `%YAML 1.2`: the document is behind the first `---`
  for (size_t at = 0; at < text.size(); ++line) {
    const size_t end = std::min(text.find('\n', at), text.size());
    const bool is_mark = text.substr(at, 3) == "---";
    if (is_mark && at > begin && !std::exchange(directives, false)) {
      chunks.push_back({text.substr(begin, at - begin), begin_line});
      begin = at;
      begin_line = line;
    }
    at = end + 1;
  }
  chunks.push_back({text.substr(std::min(begin, text.size())), begin_line});
  return chunks;
}

std::optional<YamlDocument> parse_yaml_chunk(const YamlChunk& chunk, const YamlLimits& limits) {
  if (const std::string_view why = not_a_text(chunk.text); !why.empty()) {
    return YamlDocument{{}, Problem{"InvalidYAML", "", std::string(why), chunk.line}, chunk.line};
  }
  Composer composer(chunk.text, chunk.line, limits);
  std::optional<Json> value = composer.compose();
  if (const auto& failure = composer.failure()) {
    const int line = chunk.line + static_cast<int>(failure->line);
    return YamlDocument{{}, Problem{failure->reason, "", failure->message, line}, chunk.line};
  }
  if (!value || value->is_null()) return std::nullopt;
  return YamlDocument{std::move(*value), std::nullopt, chunk.line};
}

std::vector<YamlDocument> parse_yaml(std::string_view text, const YamlLimits& limits) {
  std::vector<YamlDocument> documents;
  for (const YamlChunk& chunk : split_yaml(text)) {
    if (auto document = parse_yaml_chunk(chunk, limits)) documents.push_back(std::move(*document));
  }
  return documents;
}

}  // namespace limen

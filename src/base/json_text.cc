#include "base/json_text.h"

#include <absl/container/flat_hash_set.h>
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>

// The header-only form of Boost.JSON: this file alone compiles it.
#include <boost/json/basic_parser_impl.hpp>
#include <boost/json/src.hpp>

namespace limen {
namespace {

constexpr size_t kDeepest = 200;

// Boost.JSON's handler: the names of its members are given.
class Builder {
 public:
  static constexpr size_t max_object_size = std::numeric_limits<size_t>::max();
  static constexpr size_t max_array_size = std::numeric_limits<size_t>::max();
  static constexpr size_t max_key_size = std::numeric_limits<size_t>::max();
  static constexpr size_t max_string_size = std::numeric_limits<size_t>::max();
  using Code = boost::json::error_code;
  using View = boost::json::string_view;

  bool on_document_begin(Code&) { return true; }
  bool on_document_end(Code&) { return true; }
  bool on_object_begin(Code&) { return open(Json::Object{}); }
  bool on_object_end(size_t, Code&) {
    drop_repeated(open_.back().value.as_object());
    return close();
  }
  bool on_array_begin(Code&) { return open(Json::Array{}); }
  bool on_array_end(size_t, Code&) { return close(); }
  bool on_key_part(View part, size_t, Code&) { return append(part); }
  bool on_key(View part, size_t, Code&) {
    append(part);
    open_.back().key = std::exchange(text_, {});
    return true;
  }
  bool on_string_part(View part, size_t, Code&) { return append(part); }
  bool on_string(View part, size_t, Code&) {
    append(part);
    return add(std::exchange(text_, {}));
  }
  bool on_number_part(View part, Code&) { return append(part); }
  bool on_int64(int64_t value, View, Code&) {
    text_.clear();
    return add(value);
  }
  bool on_uint64(uint64_t value, View, Code&) {
    text_.clear();
    return add(static_cast<double>(value));
  }
  // Boost.JSON's own value can be one unit in the last place off: the text is read again.
  bool on_double(double about, View rest, Code& error) {
    append(rest);
    const std::string text = std::exchange(text_, {});
    double value = 0;
    const auto read = std::from_chars(text.data(), text.data() + text.size(), value);
    const bool too_large = read.ec != std::errc() && std::abs(about) > 1;  // too small a one is 0
    if (too_large) error = boost::json::error::exponent_overflow;
    return !too_large && add(value);
  }
  bool on_bool(bool value, Code&) { return add(value); }
  bool on_null(Code&) { return add(nullptr); }
  bool on_comment_part(View, Code&) { return true; }
  bool on_comment(View, Code&) { return true; }

  Json take() { return std::move(whole_); }

 private:
  struct Open {
    Json value;
    std::string key;  // of the member that is being read
  };

  bool append(View part) {
    text_.append(part.data(), part.size());
    return true;
  }

  bool open(Json value) {
    open_.push_back({std::move(value), {}});
    return true;
  }

  bool close() {
    Json value = std::move(open_.back().value);
    open_.pop_back();
    return add(std::move(value));
  }

  bool add(Json value) {
    if (open_.empty()) {
      whole_ = std::move(value);
    } else if (Open& parent = open_.back(); parent.value.is_array()) {
      parent.value.as_array().push_back(std::move(value));
    } else {
      parent.value.as_object().emplace_back(std::move(parent.key), std::move(value));
    }
    return true;
  }

  static void drop_repeated(Json::Object& members) {
    if (!any_repeated(members)) return;
    Json::Object kept;
    for (Json::Member& member : members) {
      const auto before = std::find_if(kept.begin(), kept.end(),
                                       [&](const auto& it) { return it.first == member.first; });
      if (before != kept.end()) kept.erase(before);
      kept.push_back(std::move(member));
    }
    members = std::move(kept);
  }

  static bool any_repeated(const Json::Object& members) {
    constexpr size_t kFew = 16;  // so many are compared each with each
    if (members.size() <= kFew) {
      for (size_t i = 1; i < members.size(); ++i) {
        for (size_t j = 0; j < i; ++j) {
          if (members[i].first == members[j].first) return true;
        }
      }
      return false;
    }
    absl::flat_hash_set<std::string_view> keys;
    return !std::all_of(members.begin(), members.end(),
                        [&](const auto& it) { return keys.insert(it.first).second; });
  }

  Json whole_;
  std::vector<Open> open_;
  std::string text_;
};

}  // namespace

Result<Json> parse_json(std::string_view text) {
  boost::json::parse_options options;
  options.max_depth = kDeepest;
  boost::json::basic_parser<Builder> parser(options);
  boost::json::error_code error;
  const size_t used = parser.write_some(false, text.data(), text.size(), error);
  if (!error && text.find_first_not_of(" \t\r\n", used) != std::string_view::npos)
    error = boost::json::error::extra_data;
  if (error) return Error{fmt::format("no JSON at byte {}: {}", used, error.message())};
  return parser.handler().take();
}

}  // namespace limen

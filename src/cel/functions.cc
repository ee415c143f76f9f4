#include "cel/functions.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <re2/re2.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

namespace limen::cel {
namespace {

using Text = std::string_view;

Value wrong_type(const Call& call) {
  return call.arena.error(
      fmt::format("{}() does not take {}", call.node.function->name, call.args[0].type_name()));
}

Value size_of(const Call& call) {
  const Value& of = call.args[0];
  if (const auto* text = of.get<Text>()) {
    return static_cast<int64_t>(
        std::count_if(text->begin(), text->end(), [](char c) { return (c & 0xC0) != 0x80; }));
  }
  if (const auto* list = of.get<List>()) return static_cast<int64_t>(list->size());
  if (const auto* map = of.get<const Json*>())
    return static_cast<int64_t>((*map)->as_object().size());
  return wrong_type(call);
}

// A question about two texts.
template <bool (*kAnswer)(Text, Text)>
Value about_texts(const Call& call) {
  const auto* text = call.args[0].get<Text>();
  const auto* part = call.args[1].get<Text>();
  return text != nullptr && part != nullptr ? Value(kAnswer(*text, *part)) : wrong_type(call);
}
bool starts_with(Text text, Text part) { return text.starts_with(part); }
bool ends_with(Text text, Text part) { return text.ends_with(part); }
bool contains(Text text, Text part) { return text.find(part) != Text::npos; }

Value matches(const Call& call) {
  const auto* text = call.args[0].get<Text>();
  const auto* pattern = call.args[1].get<Text>();
  if (text == nullptr || pattern == nullptr) return wrong_type(call);
  if (call.node.regex != nullptr) return re2::RE2::PartialMatch(*text, *call.node.regex);
  const re2::RE2 regex(*pattern, re2::RE2::Quiet);
  if (!regex.ok()) return call.arena.error("matches(): " + regex.error());
  return re2::RE2::PartialMatch(*text, regex);
}

Value lower_ascii(const Call& call) {
  const auto* text = call.args[0].get<Text>();
  if (text == nullptr) return wrong_type(call);
  std::string lower(*text);
  for (char& c : lower) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
  return call.arena.keep(std::move(lower));
}

Value split(const Call& call) {
  const auto* text = call.args[0].get<Text>();
  const auto* separator = call.args[1].get<Text>();
  if (text == nullptr || separator == nullptr) return wrong_type(call);
  std::vector<Value> parts;
  size_t from = 0;
  while (true) {
    const size_t to = separator->empty() ? (from + 1 < text->size() ? from + 1 : Text::npos)
                                         : text->find(*separator, from);
    parts.emplace_back(text->substr(from, to == Text::npos ? to : to - from));
    if (to == Text::npos) return call.arena.keep(std::move(parts));
    from = to + separator->size();
  }
}

// Where the code point of that number begins; nullopt: the text is shorter.
std::optional<size_t> offset_of(Text text, int64_t code_point) {
  for (size_t at = 0; at <= text.size(); ++at) {
    if (at < text.size() && (text[at] & 0xC0) == 0x80) continue;
    if (code_point-- == 0) return at;
  }
  return std::nullopt;
}

// substring(from) and substring(from, to), in code points.
Value substring(const Call& call) {
  const auto* text = call.args[0].get<Text>();
  const auto* from = call.args[1].get<int64_t>();
  const auto* to = call.args.size() > 2 ? call.args[2].get<int64_t>() : nullptr;
  if (text == nullptr || from == nullptr || (call.args.size() > 2 && to == nullptr))
    return wrong_type(call);
  const auto begin = offset_of(*text, *from);
  const auto end = to != nullptr ? offset_of(*text, *to) : text->size();
  if (!begin || !end || *begin > *end) return call.arena.error("substring(): out of range");
  return text->substr(*begin, *end - *begin);
}

// As Kubernetes has it: no zone, and no IPv4 address in the form of an IPv6 one.
Value is_ip(const Call& call) {
  const auto* text = call.args[0].get<Text>();
  if (text == nullptr) return wrong_type(call);
  const std::string address(*text);
  if (address.find('\0') != std::string::npos) return false;
  in6_addr parsed{};
  if (inet_pton(AF_INET, address.c_str(), &parsed) == 1) return true;
  return inet_pton(AF_INET6, address.c_str(), &parsed) == 1 && !IN6_IS_ADDR_V4MAPPED(&parsed);
}

// Of a list of integers.
Value sum(const Call& call) {
  const auto* list = call.args[0].get<List>();
  if (list == nullptr) return wrong_type(call);
  int64_t total = 0;
  for (size_t i = 0; i < list->size(); ++i) {
    const Value element = list->at(i);
    const auto* number = element.get<int64_t>();
    if (number == nullptr)
      return call.arena.error(fmt::format("sum() does not take {}", element.type_name()));
    if (__builtin_add_overflow(total, *number, &total)) return call.arena.error("integer overflow");
  }
  return total;
}

Value duration(const Call& call) {
  if (call.args[0].get<Duration>() != nullptr) return call.args[0];
  const auto* text = call.args[0].get<Text>();
  if (text == nullptr) return wrong_type(call);
  const auto parsed = parse_duration(*text);
  return parsed ? Value(*parsed) : call.arena.error(fmt::format("'{}' is no duration", *text));
}

Value to_int(const Call& call) {
  const Value& from = call.args[0];
  if (from.get<int64_t>() != nullptr) return from;
  if (const auto* number = from.get<double>()) {
    if (!(std::abs(*number) < 9.2e18)) return call.arena.error("int(): out of range");
    return static_cast<int64_t>(*number);
  }
  const auto* text = from.get<Text>();
  if (text == nullptr) return wrong_type(call);
  int64_t value = 0;
  const auto [end, error] = std::from_chars(text->begin(), text->end(), value);
  if (error != std::errc() || end != text->end())
    return call.arena.error(fmt::format("'{}' is no integer", *text));
  return value;
}

Value to_text(const Call& call) {
  const Value& from = call.args[0];
  if (from.get<Text>() != nullptr) return from;
  if (const auto* number = from.get<int64_t>()) return call.arena.keep(std::to_string(*number));
  if (const auto* number = from.get<double>()) return call.arena.keep(fmt::format("{}", *number));
  if (const auto* flag = from.get<bool>()) return Text(*flag ? "true" : "false");
  return wrong_type(call);
}

constexpr std::array kFunctions = {
    Function{"size", false, 1, size_of},
    Function{"size", true, 1, size_of},
    Function{"startsWith", true, 2, about_texts<starts_with>},
    Function{"endsWith", true, 2, about_texts<ends_with>},
    Function{"contains", true, 2, about_texts<contains>},
    Function{"matches", true, 2, matches},
    Function{"lowerAscii", true, 1, lower_ascii},
    Function{"split", true, 2, split},
    Function{"substring", true, 2, substring},
    Function{"substring", true, 3, substring},
    Function{"isIP", false, 1, is_ip},
    Function{"sum", true, 1, sum},
    Function{"duration", false, 1, duration},
    Function{"int", false, 1, to_int},
    Function{"string", false, 1, to_text},
};

static_assert(std::all_of(kFunctions.begin(), kFunctions.end(),
                          [](const Function& function) { return function.args <= kMaxArgs; }));

struct Unit {
  Text name;
  double nanoseconds;
};
constexpr std::array kUnits = {Unit{"ns", 1},  Unit{"us", 1e3}, Unit{"ms", 1e6},
                               Unit{"s", 1e9}, Unit{"m", 6e10}, Unit{"h", 3.6e12}};

}  // namespace

const Function* find_function(std::string_view name, bool is_method, size_t args) {
  for (const Function& function : kFunctions) {
    if (function.name == name && function.is_method == is_method && function.args == args)
      return &function;
  }
  return nullptr;
}

std::optional<Duration> parse_duration(std::string_view text) {
  const double sign = text.starts_with('-') ? -1 : 1;
  if (text.starts_with('-') || text.starts_with('+')) text.remove_prefix(1);
  if (text == "0") return Duration(0);
  double total = 0;
  if (text.empty()) return std::nullopt;
  while (!text.empty()) {
    double number = 0;
    const auto [end, error] =
        std::from_chars(text.begin(), text.end(), number, std::chars_format::fixed);
    if (error != std::errc() || text.front() == '-') return std::nullopt;
    text.remove_prefix(static_cast<size_t>(end - text.begin()));
    const Text name = text.substr(0, std::min(text.find_first_of("0123456789."), text.size()));
    const auto unit =
        std::find_if(kUnits.begin(), kUnits.end(), [&](const Unit& it) { return it.name == name; });
    if (unit == kUnits.end()) return std::nullopt;
    total += number * unit->nanoseconds;
    text.remove_prefix(name.size());
  }
  if (!(total < 9.2e18)) return std::nullopt;
  return Duration(static_cast<int64_t>(sign * total));
}

}  // namespace limen::cel

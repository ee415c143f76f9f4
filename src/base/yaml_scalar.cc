#include "base/yaml_scalar.h"

#include <absl/strings/numbers.h>

#include <charconv>
#include <cmath>
#include <limits>

namespace limen {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// [-+]? ( . [0-9]+ | [0-9]+ ( . [0-9]* )? ) ( [eE] [-+]? [0-9]+ )?
bool looks_like_number(std::string_view text) {
  size_t at = text.starts_with('-') || text.starts_with('+') ? 1 : 0;
  const size_t begin = at;
  size_t digits = 0;
  for (; at < text.size() && is_digit(text[at]); ++at) ++digits;
  if (at < text.size() && text[at] == '.') {
    for (++at; at < text.size() && is_digit(text[at]); ++at) ++digits;
  }
  if (digits == 0 || at == begin) return false;
  if (at < text.size() && (text[at] == 'e' || text[at] == 'E')) {
    ++at;
    if (at < text.size() && (text[at] == '-' || text[at] == '+')) ++at;
    const size_t exponent = at;
    while (at < text.size() && is_digit(text[at])) ++at;
    if (at == exponent) return false;
  }
  return at == text.size();
}

template <int kBase>
bool parse_integer(std::string_view digits, int64_t& out) {
  const char* end = digits.data() + digits.size();
  const auto [rest, error] = std::from_chars(digits.data(), end, out, kBase);
  return error == std::errc() && rest == end && !digits.empty();
}

Json number(std::string_view text) {
  int64_t integer = 0;
  if (parse_integer<10>(text.starts_with('+') ? text.substr(1) : text, integer)) return integer;
  double real = 0;
  const bool read = absl::SimpleAtod(absl::string_view(text.data(), text.size()), &real);
  return read && std::isfinite(real) ? Json(real) : Json(text);  // "1e999" stays a text
}

}  // namespace

Json plain_scalar(std::string_view text) {
  if (text.empty() || text == "~" || text == "null" || text == "Null" || text == "NULL") return {};
  if (text == "true" || text == "True" || text == "TRUE") return true;
  if (text == "false" || text == "False" || text == "FALSE") return false;
  const char first = text[0];
  if (!is_digit(first) && first != '-' && first != '+' && first != '.') return text;
  int64_t integer = 0;
  if (text.starts_with("0x") && parse_integer<16>(text.substr(2), integer)) return integer;
  if (text.starts_with("0o") && parse_integer<8>(text.substr(2), integer)) return integer;
  return looks_like_number(text) ? number(text) : Json(text);
}

}  // namespace limen

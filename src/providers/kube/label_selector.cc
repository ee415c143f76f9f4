#include "providers/kube/label_selector.h"

#include <absl/strings/ascii.h>
#include <absl/strings/str_split.h>
#include <fmt/format.h>
#include <re2/re2.h>

namespace limen::providers {
namespace {

// At commas that are not in parentheses.
std::vector<std::string_view> split(std::string_view text) {
  std::vector<std::string_view> parts;
  size_t begin = 0;
  bool inside = false;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '(') inside = true;
    if (text[i] == ')') inside = false;
    if (text[i] != ',' || inside) continue;
    parts.push_back(text.substr(begin, i - begin));
    begin = i + 1;
  }
  parts.push_back(text.substr(begin));
  return parts;
}

std::optional<api::LabelSelectorRequirement> parse_requirement(std::string_view text) {
  using enum api::LabelOperator;
  static const re2::RE2 form(
      R"(\s*(!?)\s*([-A-Za-z0-9_./]+)\s*(?:(=|==|!=)\s*([-A-Za-z0-9_.]*)|(in|notin)\s*\(([-A-Za-z0-9_., ]*)\))?\s*)");
  std::string negation, sign, value, word, list;
  api::LabelSelectorRequirement result;
  if (!re2::RE2::FullMatch(re2::StringPiece(text.data(), text.size()), form, &negation, &result.key,
                           &sign, &value, &word, &list))
    return std::nullopt;
  if (sign.empty() && word.empty()) {
    result.op = negation.empty() ? kExists : kDoesNotExist;
    return result;
  }
  if (!negation.empty()) return std::nullopt;
  result.op = sign == "!=" || word == "notin" ? kNotIn : kIn;
  if (word.empty()) {
    result.values = {value};
  } else {
    result.values = absl::StrSplit(list, ',');
    for (std::string& each : result.values) absl::StripAsciiWhitespace(&each);
  }
  return result;
}

}  // namespace

Result<api::LabelSelector> parse_label_selector(std::string_view text) {
  api::LabelSelector selector;
  for (const std::string_view part : split(text)) {
    auto requirement = parse_requirement(part);
    if (!requirement) {
      return Error{
          fmt::format("'{}' is no label selector: write key=value, key!=value, key in "
                      "(a,b), key notin (a,b), key or !key",
                      part)};
    }
    selector.match_expressions.push_back(std::move(*requirement));
  }
  return selector;
}

}  // namespace limen::providers

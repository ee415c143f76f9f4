#include "base/yaml_advice.h"

#include <fmt/format.h>

#include <algorithm>

namespace limen {
namespace {

struct Saying {
  std::string_view problem;  // a part of libyaml's words
  std::string_view context;
  bool at_context;          // the mistake is where the context begins
  std::string_view advice;  // "{}" is the line where the context begins
};

// The first that fits counts.
constexpr Saying kSayings[] = {
    {"UTF-8", "", false, "this is not UTF-8: save the file as UTF-8"},
    {"control characters", "", false, "a control character stands here: remove it"},
    {"end of stream", "quoted scalar", true, "the quote that opens here is never closed"},
    {"mapping values are not allowed", "", false,
     "a second ': ' in one value, or an indentation unlike the line above: quote the value, or "
     "mend the indentation"},
    {"did not find expected key", "", false,
     "indented unlike the other lines of its block, which begins in line {}: mend the indentation"},
    {"did not find expected '-'", "", false,
     "not an entry of the list that begins in line {}: begin it with '- ' or mend the indentation"},
    {"',' or '}'", "", false,
     "the '{{' of line {} is not closed before this, or a ',' or quotes are missing"},
    {"',' or ']'", "", false,
     "the '[' of line {} is not closed before this, or a ',' or quotes are missing"},
    {"<document start>", "", false,
     "something follows the end of a document: separate documents by a line '---'"},
    {"could not find expected ':'", "", false,
     "a line of the form 'key: value' is wanted; quote a text that has several lines"},
    {"cannot start any token", "", false, "a value cannot begin with this character: quote it"},
    {"alphabetic or numeric", "alias", false, "a value that begins with '*' must be quoted"},
    {"alphabetic or numeric", "anchor", false, "a value that begins with '&' must be quoted"},
    {"block sequence entries", "", false, "a list's '- ' must begin a line of its own"},
};

std::string_view line_of(std::string_view text, size_t number) {
  for (; number > 0 && !text.empty(); --number)
    text.remove_prefix(std::min(text.find('\n'), text.size() - 1) + 1);
  return text.substr(0, text.find('\n'));
}

// Mistakes that the line itself shows better than libyaml's words; "" where there is none.
std::string_view seen_in(std::string_view line) {
  const size_t begin = std::min(line.find_first_not_of(' '), line.size());
  const std::string_view rest = line.substr(begin);
  if (rest.starts_with('\t')) return "a tab cannot indent: use spaces";
  for (std::string_view mark : {"<<<<<<<", "=======", ">>>>>>>"}) {
    if (line.starts_with(mark)) return "a merge conflict is left here: resolve it";
  }
  if (rest.starts_with("//") || rest.starts_with("/*")) return "comments begin with '#'";
  if (line.find("{{") != std::string_view::npos)
    return "'{{' of a template stands here: render the template first, or quote the value";
  return "";
}

}  // namespace

YamlAdvice advise(std::string_view text, int first_line, const YamlComplaint& complaint) {
  if (text.starts_with('<') && !text.starts_with("<<"))
    return {0, "this looks like HTML or XML, not YAML: was it downloaded from the right place?"};
  for (size_t line : {complaint.line, complaint.line - std::min<size_t>(complaint.line, 1)}) {
    if (const std::string_view seen = seen_in(line_of(text, line)); !seen.empty())
      return {line, std::string(seen)};
  }
  for (const Saying& it : kSayings) {
    if (complaint.problem.find(it.problem) == std::string_view::npos ||
        complaint.context.find(it.context) == std::string_view::npos)
      continue;
    const auto begin = static_cast<size_t>(first_line) + complaint.context_line;
    return {it.at_context ? complaint.context_line : complaint.line,
            fmt::format(fmt::runtime(it.advice), begin)};
  }
  std::string message(complaint.problem.empty() ? "unreadable text" : complaint.problem);
  if (!complaint.context.empty()) message += fmt::format(" ({})", complaint.context);
  return {complaint.line, message};
}

std::string_view not_a_text(std::string_view text) {
  if (text.starts_with("\xFF\xFE") || text.starts_with("\xFE\xFF"))
    return "this is UTF-16 or UTF-32: save the file as UTF-8";
  if (text.find('\0') != std::string_view::npos)
    return "this is binary data, not text: remove the file, or give it another ending";
  return "";
}

}  // namespace limen

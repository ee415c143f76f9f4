#include "base/metrics_text.h"

#include <fmt/format.h>

namespace limen {
namespace {

void append_escaped(std::string_view value, std::string& out) {
  for (const char c : value) {
    if (c == '\\' || c == '"') out.push_back('\\');
    if (c == '\n')
      out += "\\n";
    else
      out.push_back(c);
  }
}

}  // namespace

void MetricsText::start_gauge(std::string_view name, std::string_view help) {
  name_ = name;
  text_ += fmt::format("# HELP {0} {1}\n# TYPE {0} gauge\n", name, help);
}

void MetricsText::sample(Labels labels, int64_t value) {
  text_ += name_;
  char before = '{';
  for (const auto& [label, text] : labels) {
    text_ += fmt::format("{}{}=\"", before, label);
    append_escaped(text, text_);
    text_.push_back('"');
    before = ',';
  }
  text_ += fmt::format("{} {}\n", labels.size() == 0 ? "" : "}", value);
}

}  // namespace limen

// Figures as scrapers read them.  Source: Prometheus, text exposition format 0.0.4.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>

namespace limen {

inline constexpr char kMetricsContentType[] = "text/plain; version=0.0.4; charset=utf-8";

class MetricsText {
 public:
  using Labels = std::initializer_list<std::pair<std::string_view, std::string_view>>;

  // Samples of one name stand together: after this, and before the next.  `help` is one line.
  void start_gauge(std::string_view name, std::string_view help);
  // Values of labels may be any text.
  void sample(Labels labels, int64_t value);

  std::string take() && { return std::move(text_); }

 private:
  std::string text_, name_;
};

}  // namespace limen

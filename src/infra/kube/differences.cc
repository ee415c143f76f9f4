#include "infra/kube/differences.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <vector>

namespace limen::infra {
namespace {

constexpr size_t kMost = 5;

class Comparison {
 public:
  void compare(const std::string& path, const Json& wanted, const Json* actual) {
    if (places_.size() > kMost) return;
    if (actual != nullptr && wanted.is_object() && actual->is_object()) {
      for (const auto& [name, value] : wanted.as_object())
        compare(path.empty() ? name : fmt::format("{}.{}", path, name), value, actual->find(name));
    } else if (actual != nullptr && wanted.is_array() && actual->is_array()) {
      compare_lists(path, wanted.as_array(), actual->as_array());
    } else if (actual == nullptr || !(wanted == *actual)) {
      places_.push_back(path);
    }
  }

  std::string text() {
    const bool more = places_.size() > kMost;
    if (more) places_.resize(kMost);
    return fmt::format("{}{}", fmt::join(places_, ", "), more ? ", ..." : "");
  }

 private:
  void compare_lists(const std::string& path, const Json::Array& wanted,
                     const Json::Array& actual) {
    if (wanted.size() != actual.size()) return places_.push_back(path);
    for (size_t i = 0; i < wanted.size(); ++i) {
      const std::string_view name = wanted[i].text("name");
      const std::string place =
          fmt::format("{}[{}]", path, name.empty() ? std::to_string(i) : std::string(name));
      compare(place, wanted[i], &actual[i]);
    }
  }

  std::vector<std::string> places_;
};

}  // namespace

std::string differences(const Json& wanted, const Json& actual) {
  Comparison comparison;
  comparison.compare("", wanted, &actual);
  return comparison.text();
}

}  // namespace limen::infra

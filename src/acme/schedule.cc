#include "acme/schedule.h"

#include <algorithm>
#include <iterator>

#include "base/hash.h"

namespace limen::acme {
namespace {

// How many minutes, for how many failures.
struct Step {
  int minutes, times;
};
constexpr Step kSteps[] = {{1, 1},  {2, 2},  {5, 1},   {10, 3},  {20, 4},
                           {30, 4}, {60, 6}, {120, 6}, {180, 8}, {360, 0}};

int64_t spread(int64_t begin, int64_t length, std::string_view seed) {
  if (length <= 0) return begin;
  return begin + static_cast<int64_t>(hash_bytes(seed) % static_cast<uint64_t>(length));
}

}  // namespace

std::chrono::minutes pause_after(int failures) {
  for (const Step& step : kSteps) {
    if (failures <= step.times || step.times == 0) return std::chrono::minutes(step.minutes);
    failures -= step.times;
  }
  return std::chrono::minutes(std::rbegin(kSteps)->minutes);
}

int64_t renewal_time(const Lifetime& life, const std::optional<RenewalWindow>& window,
                     std::string_view seed) {
  // A window that ends after the certificate is no help.
  if (window && window->start < life.end)
    return spread(window->start, std::min(window->end, life.end) - window->start, seed);
  const int64_t length = life.end - life.begin;
  return spread(life.begin + length * 2 / 3, length / 30, seed);
}

}  // namespace limen::acme

// Items by number in one block of memory; numbers of removed items are used again.
#pragma once

#include <cstdint>
#include <utility>
#include <vector>

namespace limen::flow {

inline constexpr uint32_t kNone = UINT32_MAX;  // no item

template <class T>
class Pool {
 public:
  uint32_t add(T item) {
    if (free_.empty()) {
      items_.push_back(std::move(item));
      return static_cast<uint32_t>(items_.size() - 1);
    }
    const uint32_t id = free_.back();
    free_.pop_back();
    items_[id] = std::move(item);
    return id;
  }
  void remove(uint32_t id) {
    items_[id] = T{};
    free_.push_back(id);
  }
  T& operator[](uint32_t id) { return items_[id]; }
  const T& operator[](uint32_t id) const { return items_[id]; }
  size_t size() const { return items_.size() - free_.size(); }

 private:
  std::vector<T> items_;
  std::vector<uint32_t> free_;
};

}  // namespace limen::flow

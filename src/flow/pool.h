// Items by number, in blocks that stay where they are: growing moves nothing and wastes at most one
// block.  Numbers of removed items are used again.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

namespace limen::flow {

inline constexpr uint32_t kNone = UINT32_MAX;  // no item

template <class T>
class Pool {
 public:
  uint32_t add(T item) {
    if (free_.empty()) {
      if (used_ == blocks_.size() * kBlock) blocks_.push_back(std::make_unique<Block>());
      (*this)[used_] = std::move(item);
      return used_++;
    }
    const uint32_t id = free_.back();
    free_.pop_back();
    (*this)[id] = std::move(item);
    return id;
  }
  void remove(uint32_t id) {
    (*this)[id] = T{};
    free_.push_back(id);
  }
  T& operator[](uint32_t id) { return (*blocks_[id / kBlock])[id % kBlock]; }
  const T& operator[](uint32_t id) const { return (*blocks_[id / kBlock])[id % kBlock]; }
  size_t size() const { return used_ - free_.size(); }

 private:
  static constexpr uint32_t kBlock = 1024;
  using Block = std::array<T, kBlock>;

  std::vector<std::unique_ptr<Block>> blocks_;
  uint32_t used_ = 0;
  std::vector<uint32_t> free_;
};

}  // namespace limen::flow

// A 64-bit hash that is the same in every process and build (absl::Hash is seeded per process).
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace limen {

uint64_t hash_bytes(std::string_view bytes, uint64_t seed = 0);

// The hash of a sequence from the hashes of its parts.
inline uint64_t hash_combine(uint64_t hash, uint64_t part) {
  hash ^= part + 0x9e3779b97f4a7c15u + (hash << 12) + (hash >> 4);
  return hash * 0xff51afd7ed558ccdu;
}

// The hash of a sequence, which can be put together of those of its runs: whatever the cuts, the
// hash is the same.  A polynomial in the items' hashes over the field of 2^61 - 1 elements.
class SequenceHash {
 public:
  explicit SequenceHash(uint64_t value = 0) : value_(value) {}
  void add(uint64_t item);
  // The sequence goes on with `run`, which has `count` items.
  void append(SequenceHash run, size_t count);
  uint64_t value() const { return value_; }

 private:
  uint64_t value_;
};

// FNV-1a of 32 bits, for parts of names.
constexpr uint32_t fnv1a(std::string_view text) {
  uint32_t hash = 2166136261U;
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 16777619U;
  return hash;
}

}  // namespace limen

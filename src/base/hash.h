// A 64-bit hash that is the same in every process and build (absl::Hash is seeded per process).
#pragma once

#include <cstdint>
#include <string_view>

namespace limen {

uint64_t hash_bytes(std::string_view bytes, uint64_t seed = 0);

// The hash of a sequence from the hashes of its parts.
inline uint64_t hash_combine(uint64_t hash, uint64_t part) {
  hash ^= part + 0x9e3779b97f4a7c15u + (hash << 12) + (hash >> 4);
  return hash * 0xff51afd7ed558ccdu;
}

}  // namespace limen

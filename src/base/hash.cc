#include "base/hash.h"

#include <absl/numeric/int128.h>

#include <cstring>

namespace limen {
namespace {

// XXH64 (xxHash specification 0.1.1).
constexpr uint64_t kP1 = 0x9E3779B185EBCA87u;
constexpr uint64_t kP2 = 0xC2B2AE3D27D4EB4Fu;
constexpr uint64_t kP3 = 0x165667B19E3779F9u;
constexpr uint64_t kP4 = 0x85EBCA77C2B2AE63u;
constexpr uint64_t kP5 = 0x27D4EB2F165667C5u;

uint64_t rotate(uint64_t value, int bits) { return (value << bits) | (value >> (64 - bits)); }

template <class T>
uint64_t read(const char* at) {
  T value;
  std::memcpy(&value, at, sizeof(value));
  return value;
}

uint64_t round(uint64_t lane, uint64_t input) { return rotate(lane + input * kP2, 31) * kP1; }

uint64_t merge(uint64_t hash, uint64_t lane) { return (hash ^ round(0, lane)) * kP1 + kP4; }

// The whole 32-byte stripes; moves `at` behind them.
uint64_t stripes(const char*& at, const char* end, uint64_t seed) {
  uint64_t lanes[4] = {seed + kP1 + kP2, seed + kP2, seed, seed - kP1};
  for (; end - at >= 32; at += 32) {
    for (int i = 0; i < 4; ++i) lanes[i] = round(lanes[i], read<uint64_t>(at + 8 * i));
  }
  uint64_t hash =
      rotate(lanes[0], 1) + rotate(lanes[1], 7) + rotate(lanes[2], 12) + rotate(lanes[3], 18);
  for (uint64_t lane : lanes) hash = merge(hash, lane);
  return hash;
}

constexpr uint64_t kPrime = (uint64_t{1} << 61) - 1;
constexpr uint64_t kBase = 0x1A2F5C3D9B8E7461u;  // any number of the field that is not small

uint64_t times(uint64_t a, uint64_t b) { return absl::Uint128Low64(absl::uint128(a) * b % kPrime); }

uint64_t power(uint64_t base, size_t exponent) {
  uint64_t result = 1;
  for (; exponent > 0; exponent >>= 1, base = times(base, base)) {
    if ((exponent & 1) != 0) result = times(result, base);
  }
  return result;
}

uint64_t avalanche(uint64_t hash) {
  hash = (hash ^ (hash >> 33)) * kP2;
  hash = (hash ^ (hash >> 29)) * kP3;
  return hash ^ (hash >> 32);
}

}  // namespace

uint64_t hash_bytes(std::string_view bytes, uint64_t seed) {
  const char* at = bytes.data();
  const char* end = at + bytes.size();
  uint64_t hash = bytes.size() >= 32 ? stripes(at, end, seed) : seed + kP5;
  hash += bytes.size();
  for (; end - at >= 8; at += 8) hash = rotate(hash ^ round(0, read<uint64_t>(at)), 27) * kP1 + kP4;
  if (end - at >= 4) {
    hash = rotate(hash ^ (read<uint32_t>(at) * kP1), 23) * kP2 + kP3;
    at += 4;
  }
  for (; at != end; ++at) hash = rotate(hash ^ (static_cast<unsigned char>(*at) * kP5), 11) * kP1;
  return avalanche(hash);
}

void SequenceHash::add(uint64_t item) { value_ = (times(value_, kBase) + item % kPrime) % kPrime; }

void SequenceHash::append(SequenceHash run, size_t count) {
  value_ = (times(value_, power(kBase, count)) + run.value_) % kPrime;
}

}  // namespace limen

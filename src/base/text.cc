#include "base/text.h"

#include <absl/base/thread_annotations.h>
#include <absl/container/flat_hash_set.h>
#include <absl/synchronization/mutex.h>

#include <array>
#include <memory>
#include <new>

namespace limen {

// All texts, in parts so that threads seldom wait for each other.
class TextTable {
 public:
  using Shared = Text::Shared;

  Shared* intern(std::string_view text) {
    const size_t hash = absl::Hash<std::string_view>()(text);
    Part& part = parts_[part_of(hash)];
    absl::MutexLock lock(&part.mutex);
    const auto it = part.texts.find(text);
    if (it != part.texts.end()) {
      (*it)->holders.fetch_add(1, std::memory_order_relaxed);
      return *it;
    }
    Shared* made = make(text);
    part.texts.insert(made);
    return made;
  }

  // The last holder leaves under the lock: so what is found in the table always has a holder.
  void release(Shared* shared) {
    uint32_t holders = shared->holders.load(std::memory_order_relaxed);
    while (holders > 1) {
      if (shared->holders.compare_exchange_weak(holders, holders - 1, std::memory_order_acq_rel))
        return;
    }
    Part& part = parts_[part_of(absl::Hash<std::string_view>()(view(shared)))];
    absl::MutexLock lock(&part.mutex);
    if (shared->holders.fetch_sub(1, std::memory_order_acq_rel) > 1) return;
    part.texts.erase(shared);
    ::operator delete(shared);
  }

  size_t size() {
    size_t count = 0;
    for (Part& part : parts_) {
      absl::MutexLock lock(&part.mutex);
      count += part.texts.size();
    }
    return count;
  }

 private:
  static constexpr size_t kParts = 16;

  static std::string_view view(const Shared* shared) { return {shared->data(), shared->size}; }
  static std::string_view view(std::string_view text) { return text; }
  struct Hash {
    using is_transparent = void;
    size_t operator()(const auto& text) const {
      return absl::Hash<std::string_view>()(TextTable::view(text));
    }
  };
  struct Equal {
    using is_transparent = void;
    bool operator()(const auto& a, const auto& b) const {
      return TextTable::view(a) == TextTable::view(b);
    }
  };
  struct Part {
    absl::Mutex mutex;
    absl::flat_hash_set<Shared*, Hash, Equal> texts ABSL_GUARDED_BY(mutex);
  };

  // The set uses the low bits.
  static size_t part_of(size_t hash) { return (hash >> 48) % kParts; }

  static Shared* make(std::string_view text) {
    void* memory = ::operator new(sizeof(Shared) + text.size());
    Shared* shared = ::new (memory) Shared{{1}, static_cast<uint32_t>(text.size())};
    text.copy(static_cast<char*>(memory) + sizeof(Shared), text.size());
    return shared;
  }

  std::array<Part, kParts> parts_;
};

namespace {

// The one exception to "no mutable globals": sharing needs a place that all can reach.
TextTable& table() {
  static TextTable table;
  return table;
}

}  // namespace

Text::Shared* Text::intern(std::string_view text) { return table().intern(text); }
void Text::release(Shared* shared) { table().release(shared); }
size_t Text::distinct() { return table().size(); }

}  // namespace limen

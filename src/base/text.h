// Text: an immutable string in eight bytes.  Equal texts share one copy.
//
// For the names that stand in thousands of objects and table keys: namespaces, hostnames,
// listeners, reasons.  Copying costs a count, comparing and hashing a pointer; making one costs a
// look-up. A text is freed with its last holder.  Any thread.
#pragma once

#include <fmt/core.h>

#include <algorithm>
#include <atomic>
#include <compare>
#include <concepts>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

namespace limen {

class Text {
 public:
  Text() = default;  // empty
  Text(std::string_view text)
      : shared_(text.empty() ? nullptr : intern(text)) {}          // NOLINT: implicit on purpose
  Text(const std::string& text) : Text(std::string_view(text)) {}  // NOLINT
  Text(const char* text) : Text(std::string_view(text)) {}         // NOLINT
  Text(const Text& other) : shared_(other.shared_) {
    if (shared_ != nullptr) shared_->holders.fetch_add(1, std::memory_order_relaxed);
  }
  Text(Text&& other) noexcept : shared_(std::exchange(other.shared_, nullptr)) {}
  Text& operator=(Text other) noexcept {
    std::swap(shared_, other.shared_);
    return *this;
  }
  ~Text() {
    if (shared_ != nullptr) release(shared_);
  }

  std::string_view view() const {
    return shared_ == nullptr ? std::string_view()
                              : std::string_view(shared_->data(), shared_->size);
  }
  std::string str() const { return std::string(view()); }
  operator std::string_view() const { return view(); }  // NOLINT: implicit on purpose
  operator std::string() const { return str(); }        // NOLINT
  bool empty() const { return shared_ == nullptr; }
  size_t size() const { return view().size(); }

  friend bool operator==(const Text& a, const Text& b) { return a.shared_ == b.shared_; }
  friend std::strong_ordering operator<=>(const Text& a, const Text& b) {
    if (a.shared_ == b.shared_) return std::strong_ordering::equal;
    return a.view() <=> b.view();
  }
  template <class Other>
  requires(!std::same_as<Other, Text> &&
           std::convertible_to<const Other&, std::string_view>) friend bool
  operator==(const Text& a, const Other& b) {
    return a.view() == std::string_view(b);
  }
  friend std::string operator+(const Text& a, std::string_view b) { return a.str().append(b); }

  template <class H>
  friend H AbslHashValue(H hash, const Text& text) {
    return H::combine(std::move(hash), text.shared_);
  }

  static size_t distinct();  // texts that exist now, the empty one apart; for tests and metrics

 private:
  friend class TextTable;
  struct Shared {  // the characters follow it
    std::atomic<uint32_t> holders;
    uint32_t size;
    const char* data() const { return reinterpret_cast<const char*>(this + 1); }
  };

  static Shared* intern(std::string_view text);
  static void release(Shared* shared);

  Shared* shared_ = nullptr;  // nullptr: empty
};

}  // namespace limen

// {} only, without width: so that this header needs no more of fmt than its core.
template <>
struct fmt::formatter<limen::Text> {
  constexpr auto parse(fmt::format_parse_context& context) { return context.begin(); }
  template <class Context>
  auto format(const limen::Text& text, Context& context) const {
    return std::copy_n(text.view().data(), text.size(), context.out());
  }
};

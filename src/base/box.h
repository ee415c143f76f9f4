// Box: an optional value that lives elsewhere, so that its absence costs eight bytes.
//
// For members that few objects have and that are large (a rule's session persistence).  Copies are
// deep; otherwise as std::optional.  Thread-compatible.
#pragma once

#include <memory>
#include <utility>

namespace limen {

template <class T>
class Box {
 public:
  using value_type = T;

  Box() = default;
  Box(T value) : value_(std::make_unique<T>(std::move(value))) {}  // NOLINT: implicit on purpose
  Box(const Box& other) : value_(other ? std::make_unique<T>(*other) : nullptr) {}
  Box(Box&&) noexcept = default;
  Box& operator=(Box other) noexcept {
    value_ = std::move(other.value_);
    return *this;
  }

  explicit operator bool() const { return value_ != nullptr; }
  bool has_value() const { return value_ != nullptr; }
  T& operator*() { return *value_; }
  const T& operator*() const { return *value_; }
  T* operator->() { return value_.get(); }
  const T* operator->() const { return value_.get(); }
  T& emplace() { return *(value_ = std::make_unique<T>()); }

  friend bool operator==(const Box& a, const Box& b) {
    return a && b ? *a == *b : a.has_value() == b.has_value();
  }

 private:
  std::unique_ptr<T> value_;  // nullptr: absent
};

}  // namespace limen

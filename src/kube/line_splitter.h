// Cuts a stream of bytes at its line feeds.  One thread.
#pragma once

#include <string>
#include <string_view>

namespace limen::kube {

class LineSplitter {
 public:
  explicit LineSplitter(size_t longest) : longest_(longest) {}

  // Calls `line` for each line that ends in `bytes`, without its line feed; empty ones are left
  // out. False: a line is longer than allowed, and the stream is of no use any more.
  template <class F>
  bool feed(std::string_view bytes, F line) {
    for (size_t end; (end = bytes.find('\n')) != std::string_view::npos;) {
      if (rest_.size() + end > longest_) return false;
      if (rest_.empty()) {
        if (end > 0) line(bytes.substr(0, end));
      } else {
        rest_.append(bytes.substr(0, end));
        line(std::string_view(rest_));
        rest_.clear();
      }
      bytes.remove_prefix(end + 1);
    }
    if (rest_.size() + bytes.size() > longest_) return false;
    rest_.append(bytes);
    // A long line's memory is not kept for the short ones that follow.
    constexpr size_t kKept = 64 << 10;
    if (rest_.empty() && rest_.capacity() > kKept) rest_ = {};
    return true;
  }

  // Of a line without its end.
  size_t pending() const { return rest_.size(); }

 private:
  size_t longest_;
  std::string rest_;
};

}  // namespace limen::kube

// Files and descriptors.  Any thread.
#pragma once

#include <cstdint>
#include <string>

#include "base/result.h"

namespace limen {

// Closes its descriptor at the end of its life.
class UniqueFd {
 public:
  UniqueFd() = default;
  explicit UniqueFd(int fd) : fd_(fd) {}
  UniqueFd(UniqueFd&& other) noexcept : fd_(other.release()) {}
  UniqueFd& operator=(UniqueFd&& other) noexcept;
  ~UniqueFd();

  int get() const { return fd_; }
  bool valid() const { return fd_ >= 0; }
  int release();

 private:
  int fd_ = -1;
};

// The whole of a regular file of at most `max_bytes`.
Result<std::string> read_file(const std::string& path, size_t max_bytes);

// Readers see the old text or the new one, nothing between.  The file is made with `mode`.
Status write_file(const std::string& path, const std::string& text, uint32_t mode);

// Makes a folder and those above it; the last one gets `mode`.
Status make_folder(const std::string& path, uint32_t mode);

}  // namespace limen

#include "base/files.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <utility>

namespace limen {
namespace {

Error failed(const char* what, const std::string& path) {
  return {fmt::format("cannot {} {}: {}", what, path, std::strerror(errno))};
}

bool write_all(int fd, const std::string& text) {
  size_t done = 0;
  while (done < text.size()) {
    const ssize_t count = ::write(fd, text.data() + done, text.size() - done);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return false;
    done += static_cast<size_t>(count);
  }
  return true;
}

}  // namespace

UniqueFd& UniqueFd::operator=(UniqueFd&& other) noexcept {
  if (this != &other) {
    if (valid()) ::close(fd_);
    fd_ = other.release();
  }
  return *this;
}

UniqueFd::~UniqueFd() {
  if (valid()) ::close(fd_);
}

int UniqueFd::release() { return std::exchange(fd_, -1); }

Result<std::string> read_file(const std::string& path, size_t max_bytes) {
  const UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (!fd.valid()) return failed("open", path);
  struct stat info {};
  if (::fstat(fd.get(), &info) != 0) return failed("look at", path);
  if (!S_ISREG(info.st_mode)) return Error{fmt::format("{} is no regular file", path)};
  if (static_cast<size_t>(info.st_size) > max_bytes) {
    return Error{fmt::format("{} has {} bytes, more than the {} that are read", path, info.st_size,
                             max_bytes)};
  }
  std::string text(static_cast<size_t>(info.st_size) + 1, '\0');
  size_t size = 0;
  while (size < text.size()) {
    const ssize_t count = ::read(fd.get(), text.data() + size, text.size() - size);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return failed("read", path);
    if (count == 0) break;
    size += static_cast<size_t>(count);
    if (size > max_bytes) return Error{fmt::format("{} grows while it is read", path)};
    if (size == text.size()) text.resize(text.size() * 2);
  }
  text.resize(size);
  return text;
}

Status write_file(const std::string& path, const std::string& text, uint32_t mode) {
  const std::string temporary = fmt::format("{}.tmp.{}", path, ::getpid());
  const UniqueFd fd(::open(temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode));
  if (!fd.valid()) return failed("make", temporary);
  if (!write_all(fd.get(), text) || ::rename(temporary.c_str(), path.c_str()) != 0) {
    const Error error = failed("write", path);
    ::unlink(temporary.c_str());
    return error;
  }
  return {};
}

Status make_folder(const std::string& path, uint32_t mode) {
  std::error_code error;
  std::filesystem::create_directories(path, error);
  if (error) return Error{fmt::format("cannot make folder {}: {}", path, error.message())};
  if (::chmod(path.c_str(), mode) != 0) return failed("set the mode of", path);
  return {};
}

}  // namespace limen

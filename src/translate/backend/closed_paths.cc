#include "translate/backend/closed_paths.h"

#include <algorithm>
#include <filesystem>

namespace limen::translate {
namespace {

namespace fs = std::filesystem;

bool is_in(const fs::path& folder, const fs::path& path) {
  return std::mismatch(folder.begin(), folder.end(), path.begin(), path.end()).first ==
         folder.end();
}

}  // namespace

bool is_closed_path(const std::vector<std::string>& folders, const std::string& path) {
  if (path.starts_with('@')) return false;  // an abstract socket; Limen has none
  if (!path.starts_with('/')) return true;
  const fs::path plain = fs::path(path).lexically_normal();
  if (is_in("/proc", plain) || is_in("/dev/fd", plain)) return true;
  return std::any_of(folders.begin(), folders.end(), [&](const std::string& folder) {
    return is_in(fs::path(folder).lexically_normal(), plain);
  });
}

}  // namespace limen::translate

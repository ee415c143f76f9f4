#include "providers/file/scan.h"

#include <algorithm>
#include <filesystem>
#include <set>

namespace limen::providers {
namespace {

namespace fs = std::filesystem;

class Walker {
 public:
  void walk(const fs::path& path, bool named) {
    std::error_code error;
    const fs::file_status status = fs::status(path, error);
    if (error || status.type() == fs::file_type::not_found) {
      const std::string why =
          error && status.type() != fs::file_type::not_found ? error.message() : "does not exist";
      if (named || fs::is_symlink(fs::symlink_status(path)))
        scan_.failures.emplace_back(path.string(), why);
      return;
    }
    if (status.type() == fs::file_type::directory) {
      walk_folder(path);
    } else if (named || is_document_name(path.filename().string())) {
      scan_.files.push_back(path.string());
    }
  }

  Scan take() {
    std::sort(scan_.files.begin(), scan_.files.end());
    scan_.files.erase(std::unique(scan_.files.begin(), scan_.files.end()), scan_.files.end());
    return std::move(scan_);
  }

 private:
  void walk_folder(const fs::path& path) {
    std::error_code error;
    const fs::path real = fs::canonical(path, error);
    if (!error && !seen_.insert(real.string()).second) return;  // a loop, or named twice
    scan_.folders.push_back(path.string());
    fs::directory_iterator entries(path, error);
    if (error) {
      scan_.failures.emplace_back(path.string(), error.message());
      return;
    }
    for (; entries != fs::directory_iterator(); entries.increment(error)) {
      if (error) break;
      if (entries->path().filename().string().starts_with(".")) continue;
      std::error_code ignored;
      if (entries->is_directory(ignored) || is_document_name(entries->path().filename().string())) {
        walk(entries->path(), false);
      }
    }
  }

  Scan scan_;
  std::set<std::string> seen_;
};

}  // namespace

bool is_document_name(const std::string& name) {
  if (name.empty() || name[0] == '.' || name[0] == '#') return false;
  return name.ends_with(".yaml") || name.ends_with(".yml") || name.ends_with(".json");
}

Scan scan(const std::vector<std::string>& paths) {
  Walker walker;
  for (const std::string& path : paths) walker.walk(path, true);
  return walker.take();
}

}  // namespace limen::providers

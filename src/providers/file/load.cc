#include "providers/file/load.h"

#include <algorithm>
#include <filesystem>

#include "base/files.h"

namespace limen::providers {

namespace {

bool is_below(const std::string& file, const std::string& path) {
  return file == path || file.starts_with(path.ends_with('/') ? path : path + "/");
}

}  // namespace

Scan load(const std::vector<std::string>& paths, const LoadOptions& options, ObjectStore& store) {
  Scan found = scan(paths);
  std::set<std::string> present(found.files.begin(), found.files.end());
  for (const auto& [path, why] : found.failures) {
    std::string reason = why;
    const bool named = std::find(paths.begin(), paths.end(), path) != paths.end();
    for (const std::string& file : store.files()) {
      if (!named || !options.hold_vanished || !is_below(file, path)) continue;
      present.insert(file);
      reason =
          why +
          "; what it said last stays in force until it returns (--hold-vanished=false withdraws it)";
    }
    present.insert(path);
    store.set_unreadable(path, reason);
  }
  for (const std::string& file : store.files()) {
    if (!present.contains(file)) store.remove_file(file);
  }
  for (const std::string& file : found.files) load_file(file, store);
  return found;
}

void load_file(const std::string& file, ObjectStore& store) {
  std::error_code error;
  if (std::filesystem::symlink_status(file, error).type() == std::filesystem::file_type::not_found)
    return store.remove_file(file);
  Result<std::string> text = read_file(file, kMaxFileBytes);
  if (text) {
    store.set_file(file, *text);
  } else {
    store.set_unreadable(file, text.error().message);
  }
}

}  // namespace limen::providers

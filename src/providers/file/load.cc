#include "providers/file/load.h"

#include <algorithm>
#include <filesystem>
#include <map>

#include "base/files.h"

namespace limen::providers {

namespace {

bool is_below(const std::string& file, const std::string& path) {
  return file == path || file.starts_with(path.ends_with('/') ? path : path + "/");
}

constexpr char kHeld[] =
    "; what it said last stays in force until it returns or `limen confirm` withdraws it "
    "(--hold-vanished=false: at once)";
constexpr int kDeepest = 40;

HeldPath look_at(const std::string& path, const std::string& why, const ObjectStore& store,
                 std::vector<std::string>& files) {
  HeldPath held{path, why, 0, 0};
  for (const std::string& file : store.files()) {
    if (!is_below(file, path)) continue;
    files.push_back(file);
    for (const auto& [kind, key] : store.objects_of(file)) {
      ++held.objects;
      if (api::is_route(kind)) ++held.routes;
    }
  }
  return held;
}

bool is_returning(const std::string& file, const LoadOptions& options) {
  return !options.returning.contains(file) &&  // the note that the path itself is gone
         std::any_of(options.returning.begin(), options.returning.end(),
                     [&](const std::string& path) { return is_below(file, path); });
}

}  // namespace

Loaded load(const std::vector<std::string>& paths, const LoadOptions& options, ObjectStore& store) {
  Loaded result{scan(paths), {}};
  const Scan& found = result.scan;
  std::set<std::string> present(found.files.begin(), found.files.end());
  std::map<std::string, std::string> lost(found.failures.begin(), found.failures.end());
  for (const std::string& path : paths) {
    if (is_empty_folder(path)) lost.try_emplace(path, "has no files any more");
  }
  for (const auto& [path, why] : lost) {
    const bool named = std::find(paths.begin(), paths.end(), path) != paths.end();
    const bool failed = why != "has no files any more";
    std::vector<std::string> files;
    const HeldPath held = look_at(path, why, store, files);
    const bool hold =
        named && options.hold_vanished && (failed ? held.objects > 0 : held.routes > 0);
    if (hold) {
      present.insert(files.begin(), files.end());
      result.held.push_back(held);
    }
    if (!hold && !failed) continue;
    present.insert(path);
    store.set_unreadable(path, hold ? why + kHeld : why);
  }
  for (const std::string& file : store.files()) {
    if (present.contains(file)) continue;
    if (lost.contains(file) || !is_returning(file, options)) store.remove_file(file);
  }
  for (const std::string& file : found.files) load_file(file, store);
  return result;
}

bool is_empty_folder(const std::string& path) {
  std::error_code error;
  if (!std::filesystem::is_directory(path, error)) return false;
  using Options = std::filesystem::directory_options;
  std::filesystem::recursive_directory_iterator entries(path, Options::follow_directory_symlink,
                                                        error);
  for (; !error && entries != std::filesystem::recursive_directory_iterator();
       entries.increment(error)) {
    const std::string name = entries->path().filename().string();
    std::error_code ignored;
    if (name.starts_with(".")) {
      if (entries->is_directory(ignored)) entries.disable_recursion_pending();
    } else if (is_document_name(name) && !entries->is_directory(ignored)) {
      return false;
    }
    if (entries.depth() > kDeepest) entries.disable_recursion_pending();  // a loop of links
  }
  return !error;
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

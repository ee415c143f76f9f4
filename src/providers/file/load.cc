#include "providers/file/load.h"

#include <algorithm>

#include "base/files.h"

namespace limen::providers {

Scan load(const std::vector<std::string>& paths, ObjectStore& store) {
  Scan found = scan(paths);
  std::set<std::string> present(found.files.begin(), found.files.end());
  for (const auto& [path, why] : found.failures) {
    present.insert(path);
    store.set_unreadable(path, why);
  }
  for (const std::string& file : store.files()) {
    if (!present.contains(file)) store.remove_file(file);
  }
  for (const std::string& file : found.files) {
    Result<std::string> text = read_file(file, kMaxFileBytes);
    if (text) {
      store.set_file(file, *text);
    } else {
      store.set_unreadable(file, text.error().message);
    }
  }
  return found;
}

}  // namespace limen::providers

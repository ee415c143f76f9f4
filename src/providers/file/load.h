// Reads what a set of paths says into an ObjectStore, once.
#pragma once

#include <set>

#include "providers/file/object_store.h"
#include "providers/file/scan.h"

namespace limen::providers {

inline constexpr size_t kMaxFileBytes = 64u << 20;

struct LoadOptions {
  // A named path that has vanished as a whole, or a named folder that lost all its files at once
  // and had routes, is more likely a mistake (an unmounted volume) than an edit: its objects stay
  // in force.
  bool hold_vanished = true;
  // Paths that are coming back, maybe file by file: what is missing below them stays in force.
  std::set<std::string> returning;
};

// A named path whose objects are held.
struct HeldPath {
  std::string path;
  std::string why;  // "does not exist"
  size_t objects = 0, routes = 0;

  bool operator==(const HeldPath&) const = default;
};

struct Loaded {
  Scan scan;  // its failures are problems of the store too
  std::vector<HeldPath> held;
};

// Brings the store to what the files say now: changed ones are read again, vanished ones removed.
Loaded load(const std::vector<std::string>& paths, const LoadOptions& options, ObjectStore& store);

// Whether `path` is a folder without any document.
bool is_empty_folder(const std::string& path);

// The same for one file, which may be gone.
void load_file(const std::string& file, ObjectStore& store);

}  // namespace limen::providers

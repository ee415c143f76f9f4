// Reads what a set of paths says into an ObjectStore, once.
#pragma once

#include "providers/file/object_store.h"
#include "providers/file/scan.h"

namespace limen::providers {

inline constexpr size_t kMaxFileBytes = 64u << 20;

struct LoadOptions {
  // Objects of a named path that has vanished as a whole stay in force: more likely a mistake than
  // an edit.
  bool hold_vanished = true;
};

// Brings the store to what the files say now: changed ones are read again, vanished ones removed.
// Returns the scan, whose failures are problems of the store too.
Scan load(const std::vector<std::string>& paths, const LoadOptions& options, ObjectStore& store);

// The same for one file, which may be gone.
void load_file(const std::string& file, ObjectStore& store);

}  // namespace limen::providers

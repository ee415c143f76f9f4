// Reads what a set of paths says into an ObjectStore, once.
#pragma once

#include "providers/file/object_store.h"
#include "providers/file/scan.h"

namespace limen::providers {

inline constexpr size_t kMaxFileBytes = 64u << 20;

// Brings the store to what the files say now: changed ones are read again, vanished ones removed.
// Returns the scan, whose failures are problems of the store too.
Scan load(const std::vector<std::string>& paths, ObjectStore& store);

}  // namespace limen::providers

// Which files a set of paths stands for.
#pragma once

#include <string>
#include <vector>

namespace limen::providers {

struct Scan {
  std::vector<std::string> files;                             // sorted, unique
  std::vector<std::string> folders;                           // all that were walked, for watching
  std::vector<std::pair<std::string, std::string>> failures;  // path, why
};

// Files as they are; folders with all below them that ends in .yaml, .yml or .json.  Hidden files
// and those that editors leave behind are passed over; a loop of symbolic links is walked once.
Scan scan(const std::vector<std::string>& paths);

// Whether a folder's entry counts.
bool is_document_name(const std::string& name);

}  // namespace limen::providers

// In file mode: the Secrets that Limen keeps itself, beside those that files define, which come
// first.  One thread.
#pragma once

#include <map>
#include <memory>
#include <set>

#include "acme/storage.h"
#include "api/kinds.h"

namespace limen::ctl {

class KeptSecrets {
 public:
  // What files say, and where a file's Secret has gone ours instead.
  api::ChangeBatch merge(api::ChangeBatch files);
  // What that changes.
  api::ChangeBatch set(api::Secret secret);
  // All certificates that the folder has; of those that cannot be read an error is logged.
  api::ChangeBatch load(acme::FolderStorage& folder);

 private:
  std::map<api::ObjectKey, std::shared_ptr<const api::Secret>> ours_;
  std::set<api::ObjectKey> in_files_;
};

}  // namespace limen::ctl

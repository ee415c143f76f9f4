#include "ctl/kept_secrets.h"

#include "base/log.h"
#include "ctl/acme.h"

namespace limen::ctl {

api::ChangeBatch KeptSecrets::merge(api::ChangeBatch files) {
  for (api::ObjectChange& change : files) {
    if (change.kind != api::Kind::kSecret) continue;
    if (!std::holds_alternative<std::monostate>(change.object)) {
      in_files_.insert(change.key);
    } else {
      in_files_.erase(change.key);
      if (const auto ours = ours_.find(change.key); ours != ours_.end())
        change.object = ours->second;
    }
  }
  return files;
}

api::ChangeBatch KeptSecrets::set(api::Secret secret) {
  const api::ObjectKey key = secret.metadata.key();
  auto shared = std::make_shared<const api::Secret>(std::move(secret));
  ours_[key] = shared;
  if (in_files_.contains(key)) return {};
  return {{api::Kind::kSecret, key, std::move(shared)}};
}

api::ChangeBatch KeptSecrets::load(acme::FolderStorage& folder) {
  api::ChangeBatch all;
  for (const std::string& name : folder.names()) {
    const auto stored = folder.certificate(name);
    if (!stored) {
      log::error("acme", "{}", stored.error().message);
    } else if (*stored) {
      for (api::ObjectChange& change : set(secret_of(key_of_secret(name), **stored)))
        all.push_back(std::move(change));
    }
  }
  return all;
}

}  // namespace limen::ctl

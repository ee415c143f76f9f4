// What `limen run` tells `limen status`: a JSON file in the state folder, {"objects": [...], "problems": [...]}.
// Written when something changed; transition times are kept here.
#pragma once

#include <map>

#include "providers/file/object_store.h"
#include "translate/translator.h"

namespace limen::ctl {

class StatusFile {
 public:
  explicit StatusFile(std::string path) : path_(std::move(path)) {}

  void update(const std::vector<translate::StatusChange>& changes, const std::vector<providers::FileProblem>& problems);

 private:
  using Identity = std::pair<api::Kind, api::ObjectKey>;

  void take(const translate::StatusChange& change);
  void write() const;

  std::string path_;
  std::map<Identity, Json> objects_;
  std::vector<providers::FileProblem> problems_;
  bool written_ = false;
};

}  // namespace limen::ctl

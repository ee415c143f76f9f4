// What `limen run` tells `limen status`: the statuses of all objects and the problems of all files.
// Keeps what translation made anyway, and makes text only for who asks.  One thread.
#pragma once

#include <absl/container/btree_map.h>

#include <memory>
#include <vector>

#include "base/box.h"
#include "base/json.h"
#include "providers/file/load.h"
#include "translate/translator.h"

namespace limen::ctl {

class StatusBoard {
 public:
  void update(const std::vector<translate::StatusChange>& changes);

  void set_problems(std::vector<providers::ObjectProblem> problems) {
    problems_ = std::move(problems);
  }
  const std::vector<providers::ObjectProblem>& problems() const { return problems_; }
  void set_held(const std::vector<providers::HeldPath>& held) { held_ = held; }

  // {"held": [{path, why, objects, routes}], "objects": [object], "problems": [text]}; objects as
  // kubectl prints them (apiVersion, kind, metadata, status), with every condition's
  // lastTransitionTime.
  Json report() const;

 private:
  using Identity = std::pair<api::Kind, api::ObjectKey>;
  struct Entry {
    translate::AnyStatus status;
    int64_t changed = 0;  // unix seconds: when `status` came
    Box<std::vector<std::pair<Text, int64_t>>>
        older;  // place and time: conditions that were so before

    int64_t since(std::string_view place) const;
  };

  static Json emit(const Entry& entry);
  static Entry successor(const Entry* before, const translate::StatusChange& change, int64_t now);

  absl::btree_map<Identity, Entry> objects_;
  std::vector<providers::ObjectProblem> problems_;
  std::vector<providers::HeldPath> held_;
};

}  // namespace limen::ctl

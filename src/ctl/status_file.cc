#include "ctl/status_file.h"

#include <ctime>

#include "api/objects.h"
#include "base/files.h"
#include "base/log.h"
#include "base/strings.h"
#include "ctl/offline.h"

namespace limen::ctl {
namespace {

// Sets lastTransitionTime in every list of conditions: that of `before` where the status is the same.
void set_times(Json& now, const Json* before, const std::string& time) {
  if (now.is_array()) {
    for (size_t i = 0; i < now.as_array().size(); ++i) {
      const bool has_twin = before != nullptr && before->is_array() && i < before->as_array().size();
      set_times(now.as_array()[i], has_twin ? &before->as_array()[i] : nullptr, time);
    }
  } else if (now.is_object()) {
    for (auto& [name, value] : now.as_object()) set_times(value, before == nullptr ? nullptr : before->find(name), time);
    if (now.find("observedGeneration") == nullptr || now.find("reason") == nullptr) return;
    const bool same = before != nullptr && before->text("type") == now.text("type") && before->text("status") == now.text("status");
    now.set("lastTransitionTime", same ? std::string(before->text("lastTransitionTime")) : time);
  }
}

}  // namespace

void StatusFile::update(const std::vector<translate::StatusChange>& changes, const std::vector<providers::FileProblem>& problems) {
  if (written_ && changes.empty() && problems == problems_) return;
  for (const auto& change : changes) take(change);
  problems_ = problems;
  write();
  written_ = true;
}

void StatusFile::take(const translate::StatusChange& change) {
  const Identity identity{change.kind, change.key};
  if (change.status == nullptr) {
    objects_.erase(identity);
    return;
  }
  Json status = std::visit([](const auto& value) { return api::emit_status(value); }, *change.status);
  const auto before = objects_.find(identity);
  set_times(status, before == objects_.end() ? nullptr : &before->second, format_time(::time(nullptr)));
  objects_[identity] = std::move(status);
}

void StatusFile::write() const {
  Json::Array objects, problems;
  for (const auto& [identity, status] : objects_) {
    Json object{Json::Object{}};
    object.set("kind", api::info(identity.first).name);
    if (!identity.second.name_space.empty()) object.set("namespace", identity.second.name_space);
    object.set("name", identity.second.name);
    object.set("status", status);
    objects.push_back(std::move(object));
  }
  for (const auto& problem : problems_) problems.emplace_back(text_of(problem));
  Json all{Json::Object{}};
  all.set("objects", std::move(objects));
  all.set("problems", std::move(problems));
  if (Status written = write_file(path_, to_json(all) + "\n", 0600); !written) {
    log::error("status", "{}", written.error().message);
  }
}

}  // namespace limen::ctl

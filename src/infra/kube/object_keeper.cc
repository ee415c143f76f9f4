#include "infra/kube/object_keeper.h"

#include <fmt/format.h>

#include <array>

#include "base/hash.h"
#include "base/log.h"
#include "infra/kube/differences.h"

namespace limen::infra {
namespace {

constexpr int kNotFound = 404;

// Of what users and controllers decide, without what the API server adds.
uint64_t fingerprint(const Json& object) {
  constexpr std::array<std::string_view, 3> kAdded = {"managedFields", "resourceVersion",
                                                      "generation"};
  uint64_t hash = 1;
  const auto add = [&](std::string_view name, const Json& value) {
    hash = hash_combine(hash, hash_bytes(name));
    hash = hash_combine(hash, hash_bytes(to_json(value)));
  };
  for (const auto& [name, value] : object.as_object()) {
    if (name == "status") continue;
    if (name != "metadata") {
      add(name, value);
      continue;
    }
    for (const auto& [field, part] : value.as_object()) {
      if (std::find(kAdded.begin(), kAdded.end(), field) == kAdded.end()) add(field, part);
    }
  }
  return hash;
}

bool is_workload(ObjectKind kind) {
  return kind == ObjectKind::kDeployment || kind == ObjectKind::kDaemonSet;
}

const Json* template_of(const Json& object) {
  const Json* spec = object.find("spec");
  return spec == nullptr ? nullptr : spec->find("template");
}

kube::Request request_of(const ObjectId& id, const Json* wanted, const std::string& manager) {
  const kube::Resource& resource = info(id.kind).resource;
  return wanted == nullptr ? kube::remove(resource, id.name_space, id.name)
                           : kube::apply(resource, id.name_space, id.name, *wanted, manager);
}

}  // namespace

ObjectKeeper::ObjectKeeper(ObjectKeeperSettings settings, EventLoop& loop, Send send,
                           std::function<void(const ObjectId&)> troubled)
    : settings_(std::move(settings)),
      loop_(loop),
      send_(std::move(send)),
      troubled_(std::move(troubled)) {}

ObjectKeeper::Entry& ObjectKeeper::entry(const ObjectId& id) {
  return entries_.try_emplace(id, settings_).first->second;
}

void ObjectKeeper::want(const ObjectId& id, Json object) {
  Entry& entry = this->entry(id);
  entry.removed = false;
  if (entry.wanted != nullptr && *entry.wanted == object) return;
  entry.wanted = std::make_shared<const Json>(std::move(object));
  entry.settled = 0;
  entry.not_before = {};
  entry.backoff.reset();
  due_.insert(id);
  pump();
}

void ObjectKeeper::remove(const ObjectId& id) {
  const auto it = entries_.find(id);
  if (it == entries_.end()) return;
  it->second.wanted = nullptr;
  it->second.removed = true;
  due_.insert(id);
  pump();
}

void ObjectKeeper::see(const ObjectId& id, const Json* object) {
  if (object == nullptr && !entries_.contains(id)) return;
  Entry& entry = this->entry(id);
  entry.present = object != nullptr;
  entry.seen = object == nullptr ? 0 : fingerprint(*object);
  if (object != nullptr && is_workload(id.kind)) {
    const Json* pods = template_of(*object);
    entry.pods = pods == nullptr ? Json() : *pods;
  }
  due_.insert(id);
  pump();
}

void ObjectKeeper::set_active(bool active) {
  active_ = active;
  if (!active) return;
  for (auto& [id, entry] : entries_) {
    entry.settled = 0;  // another leader may have had other ideas
    due_.insert(id);
  }
  pump();
}

Json ObjectKeeper::pods(const ObjectId& id) const {
  const auto it = entries_.find(id);
  return it == entries_.end() || !it->second.present ? Json() : it->second.pods;
}

std::string ObjectKeeper::trouble(const ObjectId& id) const {
  const auto it = entries_.find(id);
  return it == entries_.end() ? std::string() : it->second.trouble;
}

bool ObjectKeeper::is_due(const Entry& entry) const {
  if (entry.wanted != nullptr) return entry.settled == 0 || entry.settled != entry.seen;
  return entry.removed && entry.present;
}

// Goes through what is due as far as the limits allow.
void ObjectKeeper::pump() {
  if (!active_) return;
  const auto now = Clock::now();
  auto next = Clock::time_point::max();
  for (auto it = due_.begin(); it != due_.end() && under_way_ < settings_.at_once;) {
    const auto found = entries_.find(*it);
    if (found == entries_.end()) {
      it = due_.erase(it);
    } else if (found->second.under_way) {
      ++it;  // looked at again when it has come back
    } else if (!is_due(found->second)) {
      if (found->second.wanted == nullptr && !found->second.present) entries_.erase(found);
      it = due_.erase(it);
    } else if (found->second.not_before > now) {
      next = std::min(next, found->second.not_before);
      ++it;
    } else {
      it = due_.erase(it);
      send(found->first, found->second);
    }
  }
  alarm_.set(next);
}

void ObjectKeeper::send(const ObjectId& id, Entry& entry) {
  entry.under_way = true;
  entry.not_before = Clock::now() + settings_.spacing;
  ++under_way_;
  send_(request_of(id, entry.wanted.get(), settings_.manager),
        [this, id, wanted = entry.wanted, present = entry.present,
         pods = entry.pods](const kube::Answer& answer) {
          --under_way_;
          if (wanted == nullptr)
            on_removed(id, answer);
          else
            on_applied(id, wanted, present ? pods : Json(), answer);
          if (answer.ok() && present != (wanted != nullptr))
            log::info("infra", "{} is {}", id.text(), wanted == nullptr ? "removed" : "made");
          pump();
        });
}

// `before`: the pods as they were when it was sent, for the change may have been seen meanwhile.
void ObjectKeeper::on_applied(const ObjectId& id, const std::shared_ptr<const Json>& wanted,
                              const Json& before, const kube::Answer& answer) {
  Entry& entry = this->entry(id);
  entry.under_way = false;
  due_.insert(id);
  if (!answer.ok()) return fail(id, entry, answer);
  const Json* pods = template_of(answer.body);
  if (is_workload(id.kind) && !before.is_null() && pods != nullptr && !(*pods == before)) {
    log::info("infra", "{}: its pods are replaced, because these are different: {}", id.text(),
              differences(*pods, before));
    entry.pods = *pods;
  }
  entry.present = true;
  entry.seen = fingerprint(answer.body);
  if (entry.wanted == wanted) entry.settled = entry.seen;
  entry.backoff.reset();
  entry.news.over();
  set_trouble(id, entry, "");
}

void ObjectKeeper::on_removed(const ObjectId& id, const kube::Answer& answer) {
  Entry& entry = this->entry(id);
  entry.under_way = false;
  due_.insert(id);
  if (!answer.ok() && answer.status != kNotFound) return fail(id, entry, answer);
  entry.present = false;
}

void ObjectKeeper::fail(const ObjectId& id, Entry& entry, const kube::Answer& answer) {
  entry.not_before = Clock::now() + std::max(entry.backoff.next(), answer.retry_after);
  if (answer.is_temporary() && !entry.news.is_news(answer)) return;
  set_trouble(id, entry, fmt::format("{}: {}", id.text(), answer.message));
}

void ObjectKeeper::set_trouble(const ObjectId& id, Entry& entry, std::string trouble) {
  if (trouble == entry.trouble) return;
  entry.trouble = std::move(trouble);
  if (!entry.trouble.empty()) log::warn("infra", "{}; it is tried again", entry.trouble);
  troubled_(id);
}

}  // namespace limen::infra

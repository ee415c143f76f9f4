#include "xds/server/resource_group.h"

#include <utility>

#include "xds/server/wire.h"

namespace limen::xds {
namespace {

bool lingers(ResourceType type) {
  return type == ResourceType::kCluster || type == ResourceType::kEndpoints;
}

}  // namespace

void ResourceGroup::apply(const ResourceChange& change, Clock::time_point now) {
  const auto wire = [&change](const FragmentPtr& fragment) -> WireResourcePtr {
    if (fragment == nullptr) return nullptr;
    return std::make_shared<const WireResource>(change.type, change.name, fragment);
  };
  if (change.meanwhile != nullptr) store(change.type, change.name, wire(change.meanwhile));
  if (change.meanwhile != nullptr || (change.resource == nullptr && lingers(change.type)))
    return store_later(change.type, change.name, wire(change.resource), now);
  due_[static_cast<size_t>(change.type)].erase(change.name);
  store(change.type, change.name, wire(change.resource));
}

void ResourceGroup::store_later(ResourceType type, const std::string& name,
                                WireResourcePtr resource, Clock::time_point now) {
  due_[static_cast<size_t>(type)][name] = now + linger_;
  lingering_.push_back({now + linger_, type, name, std::move(resource)});
}

bool ResourceGroup::expire(Clock::time_point now) {
  bool any = false;
  while (!lingering_.empty() && lingering_.front().until <= now) {
    Lingering entry = std::move(lingering_.front());
    lingering_.pop_front();
    auto& due = due_[static_cast<size_t>(entry.type)];
    const auto it = due.find(entry.name);
    if (it == due.end() || it->second != entry.until) continue;  // changed meanwhile
    due.erase(it);
    store(entry.type, entry.name, std::move(entry.then));
    any = true;
  }
  return any;
}

std::optional<Clock::time_point> ResourceGroup::next_expiry() const {
  if (lingering_.empty()) return std::nullopt;
  return lingering_.front().until;
}

WireResourcePtr ResourceGroup::find(ResourceType type, const std::string& name) const {
  const auto it = set(type).resources.find(name);
  return it == set(type).resources.end() ? nullptr : it->second;
}

std::vector<std::string> ResourceGroup::names(ResourceType type) const {
  std::vector<std::string> names;
  names.reserve(set(type).resources.size());
  for (const auto& [name, resource] : set(type).resources) names.push_back(name);
  return names;
}

bool ResourceGroup::empty() const {
  for (const Set& set : sets_) {
    if (!set.resources.empty()) return false;
  }
  return true;
}

std::optional<std::vector<std::string>> ResourceGroup::changed_since(ResourceType type,
                                                                     uint64_t cursor) const {
  const Set& it = set(type);
  const uint64_t first = it.next - it.log.size();
  if (cursor < first) return std::nullopt;
  return std::vector<std::string>(it.log.begin() + static_cast<std::ptrdiff_t>(cursor - first),
                                  it.log.end());
}

void ResourceGroup::store(ResourceType type, const std::string& name, WireResourcePtr resource) {
  Set& it = sets_[static_cast<size_t>(type)];
  if (resource == nullptr) {
    if (it.resources.erase(name) == 0) return;
  } else {
    it.resources[name] = std::move(resource);
  }
  it.log.push_back(name);
  ++it.next;
  constexpr size_t kMinLog = 1024;  // a longer log would cost more than looking at everything
  if (it.log.size() > kMinLog + it.resources.size()) it.log.pop_front();
}

}  // namespace limen::xds

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
  auto& unwanted = change.type == ResourceType::kCluster ? unwanted_clusters_ : unwanted_endpoints_;
  if (change.resource != nullptr) {
    if (lingers(change.type)) unwanted.erase(change.name);
    store(change.type, change.name, std::make_shared<WireResource>(change));
  } else if (lingers(change.type)) {
    unwanted[change.name] = now + linger_;
    lingering_.push_back({now + linger_, change.type, change.name});
  } else {
    store(change.type, change.name, nullptr);
  }
}

bool ResourceGroup::expire(Clock::time_point now) {
  bool any = false;
  while (!lingering_.empty() && lingering_.front().until <= now) {
    const Lingering entry = std::move(lingering_.front());
    lingering_.pop_front();
    auto& unwanted =
        entry.type == ResourceType::kCluster ? unwanted_clusters_ : unwanted_endpoints_;
    const auto it = unwanted.find(entry.name);
    if (it == unwanted.end() || it->second != entry.until) continue;  // wanted again meanwhile
    unwanted.erase(it);
    store(entry.type, entry.name, nullptr);
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

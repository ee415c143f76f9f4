// Cluster: what is fetched since it has become of use.
//
// The watch alone never misses: a fetch answers with what is at least as new as all that the watch
// told before the fetch began, and gives way to what the watch tells after that.
#include <fmt/format.h>

#include <algorithm>

#include "providers/kube/cluster.h"

namespace limen::providers {
namespace {

constexpr size_t kMostSingly = 100;  // above this a kind is listed as a whole

}  // namespace

struct Cluster::Fetch {
  Part& part;
  Fetcher::Query query;
  std::vector<Anchor> anchors;  // that wait for it
  uint32_t list = 0;            // the part's when it began
  uint64_t event = 0;           // the last before it began
};

void Cluster::fetch_wishes() {
  for (const auto& part : parts_) {
    const std::vector<Wish> wishes = std::exchange(part->wishes, {});
    if (wishes.empty()) continue;
    Fetch all{*part, query_of(*part), {}};
    for (const Wish& wish : wishes) {
      Fetch one{*part, query_of(*part), {wish.anchor}};
      if (!wish.key && wish.anchor.kind == Anchor::Kind::kNamespace) {
        one.query.name_space = wish.anchor.key.name;
      } else if (!wish.key || wishes.size() > kMostSingly) {
        all.anchors.push_back(wish.anchor);
        continue;
      } else {
        one.query.name_space = wish.key->name_space;
        one.query.field_selector = fmt::format("metadata.name={}", wish.key->name);
      }
      fetch(std::move(one));
    }
    if (!all.anchors.empty()) fetch(std::move(all));
  }
}

void Cluster::fetch(Fetch begun) {
  begun.list = begun.part.list;
  begun.event = events_;
  ++begun.part.fetches;
  const auto shared = std::make_shared<const Fetch>(std::move(begun));
  for (const Anchor& anchor : shared->anchors) pending_.add(anchor, fetching_);
  fetcher_.fetch(
      shared->query, [this, shared](Json::Array items) { take_page(*shared, std::move(items)); },
      [this, shared] { end_fetch(*shared); });
}

void Cluster::take_page(const Fetch& fetch, Json::Array items) {
  if (fetch.list != fetch.part.list) return;  // it may be older than the list that began since
  fetching_ = true;
  for (Json& item : items) {
    const api::ObjectKey key = key_of(item);
    const auto last = fetch.part.events.find(key);
    if (last != fetch.part.events.end() && last->second > fetch.event) continue;
    take_object(fetch.part, key,
                kube::with_type(std::move(item), fetch.query.resource, fetch.part.kind.name));
  }
  fetch_wishes();
  fetching_ = false;
}

void Cluster::end_fetch(const Fetch& fetch) {
  if (--fetch.part.fetches == 0) fetch.part.events.clear();
  if (fetch.list != fetch.part.list) this->fetch(fetch);
  bool any = false;
  for (const Anchor& anchor : fetch.anchors) any |= pending_.finish(anchor);
  if (any) callbacks_.changed();
}

}  // namespace limen::providers

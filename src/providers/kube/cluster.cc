#include "providers/kube/cluster.h"

#include <algorithm>

#include "api/objects.h"
#include "translate/labels.h"

namespace limen::providers {
namespace {

// Secrets that no Gateway can name, and that are large or many: they are not even sent.
constexpr char kSecretsOfOthers[] =
    "type!=helm.sh/release.v1,type!=kubernetes.io/service-account-token,"
    "type!=bootstrap.kubernetes.io/token";
constexpr char kLastApplied[] = "kubectl.kubernetes.io/last-applied-configuration";

// Leaves what users say.
void drop_foreign_parts(Json& object) {
  const auto drop = [](Json* owner, std::string_view name) {
    if (owner == nullptr || !owner->is_object()) return;
    std::erase_if(owner->as_object(), [&](const Json::Member& it) { return it.first == name; });
  };
  drop(&object, "status");
  Json* metadata = object.find("metadata");
  drop(metadata, "managedFields");
  drop(metadata == nullptr ? nullptr : metadata->find("annotations"), kLastApplied);
}

// A stage is listed when those before it were: they decide what of it is of use.
constexpr int kStages = 6;
int stage_of(api::Kind kind) {
  using enum api::Kind;
  switch (kind) {
    case kGatewayClass:
    case kNamespace: return 0;
    case kGateway:
    case kReferenceGrant:
    case kBackend:
    case kEnvoyProxy:
    case kHttpRouteFilter:
    case kSecurityPolicy:
    case kClientTrafficPolicy:
    case kCertificatePolicy:
    case kClusterTrustBundle: return 1;
    case kListenerSet: return 2;
    case kHttpRoute:
    case kGrpcRoute:
    case kTlsRoute:
    case kTcpRoute:
    case kUdpRoute: return 3;
    case kBackendTlsPolicy: return 4;
    case kService:
    case kEndpointSlice:
    case kSecret:
    case kConfigMap: return 5;
  }
  __builtin_unreachable();
}

Anchor anchor_of_namespace(const Text& name) { return {Anchor::Kind::kNamespace, {"", name}}; }

Anchors needed_by(const api::KindInfo& kind, const api::ObjectKey& key, const Json& object) {
  return is_always_of_use(kind.kind) ? Anchors() : anchors_of(kind.kind, key, object);
}

}  // namespace

Cluster::Cluster(ClusterSettings settings, EventLoop& loop, Fetcher::Send send, Callbacks callbacks)
    : settings_(std::move(settings)),
      callbacks_(std::move(callbacks)),
      fetcher_(loop, std::move(send)) {
  const std::vector<std::string> all = {""};
  for (int stage = 0; stage < kStages; ++stage) {
    for (const api::KindInfo& kind : api::all_kinds()) {
      if (stage_of(kind.kind) != stage) continue;
      const bool restricted = kind.namespaced && !settings_.namespaces.empty();
      for (const std::string& name_space : restricted ? settings_.namespaces : all) {
        parts_.push_back(std::make_unique<Part>(kind, name_space));
      }
    }
  }
}
Cluster::~Cluster() = default;

api::ObjectKey Cluster::key_of(const Json& object) {
  const Json* metadata = object.find("metadata");
  if (metadata == nullptr) return {};
  return {Text(metadata->text("namespace")), Text(metadata->text("name"))};
}

Fetcher::Query Cluster::query_of(const Part& part) {
  return {{std::string(part.kind.group), part.version, std::string(part.kind.plural)},
          part.name_space,
          part.kind.kind == api::Kind::kSecret ? kSecretsOfOthers : ""};
}

void Cluster::restore(Json object) {
  const api::KindInfo* kind = api::find_kind(object.text("apiVersion"), object.text("kind"));
  const api::ObjectKey key = key_of(object);
  for (const auto& part : parts_) {
    if (&part->kind != kind) continue;
    if (!part->name_space.empty() && part->name_space != key.name_space) continue;
    Anchors anchors = needed_by(*kind, key, object);
    if (is_of_use(*part, key, anchors)) keep(*part, key, std::move(anchors), std::move(object));
    return;
  }
}

std::vector<api::AnyObject> Cluster::in_force() const {
  std::vector<api::AnyObject> result;
  for (const auto& part : parts_) {
    for (const auto& [key, object] : part->objects) {
      if (!std::holds_alternative<std::monostate>(object.in_force))
        result.push_back(object.in_force);
    }
  }
  return result;
}

void Cluster::start() { begin_stages(); }

void Cluster::begin_stages() {
  while (unsynced_ == 0 && stage_ + 1 < kStages) {
    const bool any_class = std::ranges::any_of(parts_, [](const auto& part) {
      return part->kind.kind == api::Kind::kGatewayClass &&
             std::ranges::any_of(part->objects,
                                 [](const auto& each) { return !each.second.offers.empty(); });
    });
    if (stage_ == 0 && !any_class) return;
    ++stage_;
    for (const auto& part : parts_) {
      if (stage_of(part->kind.kind) != stage_) continue;
      ++unsynced_;
      callbacks_.follow(follow_of(*part));
    }
  }
}

kube::Follow Cluster::follow_of(Part& part) {
  kube::Follow follow;
  const Fetcher::Query query = query_of(part);
  follow.resource = query.resource;
  follow.versions = {part.kind.versions.begin(), part.kind.versions.end()};
  follow.kind = part.kind.name;
  follow.name_space = query.name_space;
  follow.field_selector = query.field_selector;
  follow.known = static_cast<int64_t>(part.objects.size());
  follow.take = [this, &part](kube::Delivery delivery) { take(part, std::move(delivery)); };
  return follow;
}

void Cluster::take(Part& part, kube::Delivery delivery) {
  if (delivery.list_begins) {
    ++part.list;
    part.left_out.clear();
  }
  for (kube::ObjectEvent& event : delivery.events) {
    const api::ObjectKey key = key_of(event.object);
    ++events_;
    if (part.fetches > 0) part.events[key] = events_;
    if (event.deleted)
      take_deletion(part, key, event.object);
    else
      take_object(part, key, std::move(event.object));
  }
  if (delivery.list_ends) end_list(part);
  fetch_wishes();
  begin_stages();
  callbacks_.changed();
}

void Cluster::take_object(Part& part, const api::ObjectKey& key, Json object) {
  const std::string_view version = object.text("apiVersion");
  part.version = version.substr(version.find('/') + 1);
  Anchors anchors = needed_by(part.kind, key, object);
  const bool of_use = is_of_use(part, key, anchors);
  callbacks_.seen({part.kind, key, &object, of_use});
  if (of_use)
    keep(part, key, std::move(anchors), std::move(object));
  else
    leave_out(part, key, anchors);
}

void Cluster::keep(Part& part, const api::ObjectKey& key, Anchors anchors, Json object) {
  drop_foreign_parts(object);
  api::ParsedObject parsed = api::parse_object(object);
  Object& known = part.objects[key];
  known.list = part.list;
  known.anchors = std::move(anchors);
  tell_refusal(part, key, object, parsed.problems);
  note_problems({part.kind.kind, key}, std::move(parsed.problems), std::move(parsed.remarks));
  if (std::holds_alternative<std::monostate>(parsed.object)) return;
  if (api::equal(known.in_force, parsed.object)) return;
  known.in_force = parsed.object;
  changes_.push_back({part.kind.kind, key, std::move(parsed.object)});
  set_offers(known.offers, offers_of(part, key, object));
}

void Cluster::tell_refusal(const Part& part, const api::ObjectKey& key, const Json& object,
                           const Problems& problems) {
  const bool is_foreign_class =
      part.kind.kind == api::Kind::kGatewayClass && offers_of(part, key, object).empty();
  if (problems.empty() || is_foreign_class) return callbacks_.refused(part.kind.kind, key, nullptr);
  Json::Array parents;
  const Json* spec = object.find("spec");
  const Json* references = spec == nullptr ? nullptr : spec->find("parentRefs");
  if (references != nullptr && references->is_array()) {
    for (const Json& reference : references->as_array()) {
      const auto anchor = anchor_of_parent(reference, key.name_space);
      if (anchor && offered_.contains(*anchor)) parents.push_back(reference);
    }
  }
  const bool in_force = !std::holds_alternative<std::monostate>(part.objects.at(key).in_force);
  const Refusal refusal = refusal_of(object, problems, in_force, std::move(parents));
  callbacks_.refused(part.kind.kind, key, &refusal);
}

void Cluster::leave_out(Part& part, const api::ObjectKey& key, const Anchors& anchors) {
  if (is_selected(part, key)) {
    for (const Anchor& anchor : anchors) part.left_out.add(anchor, key);
  } else {
    part.left_out.add(anchor_of_namespace(key.name_space), key);
  }
  drop(part, key);  // `anchors` may be its own
}

void Cluster::take_deletion(Part& part, const api::ObjectKey& key, const Json& object) {
  drop(part, key);
  for (const Anchor& anchor : needed_by(part.kind, key, object)) part.left_out.remove(anchor, key);
  part.left_out.remove(anchor_of_namespace(key.name_space), key);
  callbacks_.seen({part.kind, key, nullptr});
}

void Cluster::drop(Part& part, const api::ObjectKey& key) {
  const auto it = part.objects.find(key);
  if (it == part.objects.end()) return;
  Object gone = std::move(it->second);
  part.objects.erase(it);
  if (problems_.erase({part.kind.kind, key}) > 0) callbacks_.refused(part.kind.kind, key, nullptr);
  if (!std::holds_alternative<std::monostate>(gone.in_force))
    changes_.push_back({part.kind.kind, key, {}});
  set_offers(gone.offers, {});
}

void Cluster::end_list(Part& part) {
  std::vector<api::ObjectKey> gone;
  for (const auto& [key, object] : part.objects) {
    if (object.list != part.list) gone.push_back(key);
  }
  for (const api::ObjectKey& key : gone) {
    drop(part, key);
    callbacks_.seen({part.kind, key, nullptr});
  }
  if (!std::exchange(part.synced, true)) --unsynced_;
}

bool Cluster::is_selected(const Part& part, const api::ObjectKey& key) const {
  return !settings_.namespace_selector || !part.kind.namespaced ||
         offered_.contains(anchor_of_namespace(key.name_space));
}

bool Cluster::is_of_use(const Part& part, const api::ObjectKey& key, const Anchors& anchors) const {
  return is_selected(part, key) &&
         (is_always_of_use(part.kind.kind) ||
          std::ranges::any_of(anchors, [&](const auto& it) { return offered_.contains(it); }));
}

Anchors Cluster::offers_of(const Part& part, const api::ObjectKey& key, const Json& object) const {
  if (part.kind.kind != api::Kind::kNamespace)
    return providers::offers_of(part.kind.kind, key, object, settings_.controller);
  const auto& in_force = part.objects.at(key).in_force;
  const auto& labels = api::metadata_of(in_force).labels;
  if (settings_.namespace_selector &&
      translate::selects(*settings_.namespace_selector, {labels.begin(), labels.end()}))
    return {anchor_of_namespace(key.name)};
  return {};
}

void Cluster::set_offers(Anchors& offers, Anchors now) {
  const Anchors before = std::exchange(offers, std::move(now));
  for (const Anchor& anchor : offers) {
    if (++offered_[anchor] == 1) want(anchor);
  }
  for (const Anchor& anchor : before) {
    const auto it = offered_.find(anchor);
    if (--it->second > 0) continue;
    offered_.erase(it);
    idle_ = true;
    if (anchor.kind == Anchor::Kind::kNamespace) deselect(anchor.key.name);
  }
}

// What was left out for want of the anchor is to be fetched.
void Cluster::want(const Anchor& anchor) {
  for (const auto& part : parts_) {
    const auto objects = part->left_out.take(anchor);
    if (!objects) continue;
    if (objects->many) part->wishes.push_back({anchor, std::nullopt});
    for (const api::ObjectKey& key : objects->keys) part->wishes.push_back({anchor, key});
  }
}

void Cluster::deselect(const Text& name_space) {
  for (const auto& part : parts_) {
    if (!part->kind.namespaced) continue;
    std::vector<api::ObjectKey> keys;
    for (const auto& [key, object] : part->objects) {
      if (key.name_space == name_space) keys.push_back(key);
    }
    for (const api::ObjectKey& key : keys) leave_out(*part, key, {});
  }
}

void Cluster::sweep() {
  if (!idle_ || !synced() || !pending_.empty()) return;  // what waits may refer to more
  idle_ = false;
  for (const auto& part : parts_) {
    std::vector<api::ObjectKey> keys;
    for (const auto& [key, object] : part->objects) {
      if (!is_of_use(*part, key, object.anchors)) keys.push_back(key);
    }
    for (const api::ObjectKey& key : keys) leave_out(*part, key, part->objects.at(key).anchors);
  }
  if (!changes_.empty()) callbacks_.changed();
}

api::ChangeBatch Cluster::take_changes() {
  api::ChangeBatch ready = std::exchange(changes_, {});
  if (pending_.empty()) return ready;
  const auto waiting = std::stable_partition(ready.begin(), ready.end(),
                                             [&](const auto& change) { return !waits(change); });
  changes_.assign(std::make_move_iterator(waiting), std::make_move_iterator(ready.end()));
  ready.erase(waiting, ready.end());
  return ready;
}

bool Cluster::waits(const api::ObjectChange& change) const {
  return std::ranges::any_of(parts_, [&](const auto& part) {
    if (part->kind.kind != change.kind) return false;
    const auto it = part->objects.find(change.key);
    return it != part->objects.end() &&
           std::ranges::any_of(it->second.offers,
                               [&](const Anchor& anchor) { return pending_.contains(anchor); });
  });
}

void Cluster::note_problems(const Identity& identity, Problems problems, Problems remarks) {
  if (problems.empty() && remarks.empty()) {
    problems_.erase(identity);
    return;
  }
  const std::string name = api::text_of(api::info(identity.first), identity.second);
  std::vector<ObjectProblem> all;
  for (Problem& problem : problems) all.push_back({"", name, Severity::kError, std::move(problem)});
  for (Problem& remark : remarks) all.push_back({"", name, Severity::kWarning, std::move(remark)});
  problems_[identity] = std::move(all);
}

std::vector<ObjectProblem> Cluster::problems() const {
  std::vector<ObjectProblem> result;
  for (const auto& [identity, problems] : problems_)
    result.insert(result.end(), problems.begin(), problems.end());
  return result;
}

size_t Cluster::objects() const {
  size_t count = 0;
  for (const auto& part : parts_) count += part->objects.size();
  return count;
}

}  // namespace limen::providers

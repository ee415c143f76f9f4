#include "providers/kube/cluster.h"

#include "api/objects.h"

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

api::ObjectKey key_of(const Json& object) {
  const Json* metadata = object.find("metadata");
  if (metadata == nullptr) return {};
  return {Text(metadata->text("namespace")), Text(metadata->text("name"))};
}

std::vector<std::string> versions_of(const api::KindInfo& kind) {
  return {kind.versions.begin(), kind.versions.end()};
}

}  // namespace

Cluster::Cluster(ClusterSettings settings, std::function<void(const Sighting&)> seen,
                 std::function<void()> changed)
    : settings_(std::move(settings)), seen_(std::move(seen)), changed_(std::move(changed)) {}
Cluster::~Cluster() = default;

std::vector<kube::Follow> Cluster::follows() {
  std::vector<kube::Follow> result;
  const std::vector<std::string> all = {""};
  for (const api::KindInfo& kind : api::all_kinds()) {
    const bool restricted = kind.namespaced && !settings_.namespaces.empty();
    for (const std::string& name_space : restricted ? settings_.namespaces : all) {
      parts_.push_back(std::make_unique<Part>(Part{kind, {}}));
      ++unsynced_;
      kube::Follow follow;
      follow.resource = {std::string(kind.group), "", std::string(kind.plural)};
      follow.versions = versions_of(kind);
      follow.kind = kind.name;
      follow.name_space = name_space;
      if (kind.kind == api::Kind::kSecret) follow.field_selector = kSecretsOfOthers;
      follow.take = [this, part = parts_.back().get()](kube::Delivery delivery) {
        take(*part, std::move(delivery));
      };
      result.push_back(std::move(follow));
    }
  }
  return result;
}

void Cluster::take(Part& part, kube::Delivery delivery) {
  if (delivery.list_begins) ++part.list;
  for (kube::ObjectEvent& event : delivery.events) {
    if (event.deleted)
      take_deletion(part, key_of(event.object));
    else
      take_object(part, std::move(event.object));
  }
  if (delivery.list_ends) end_list(part);
  changed_();
}

void Cluster::take_object(Part& part, Json object) {
  const api::ObjectKey key = key_of(object);
  seen_({part.kind, key, &object});
  drop_foreign_parts(object);
  api::ParsedObject parsed = api::parse_object(object);
  Object& known = part.objects[key];
  known.list = part.list;
  note_problems({part.kind.kind, key}, std::move(parsed.problems), std::move(parsed.remarks));
  if (std::holds_alternative<std::monostate>(parsed.object)) return;
  if (api::equal(known.in_force, parsed.object)) return;
  known.in_force = parsed.object;
  changes_.push_back({part.kind.kind, key, std::move(parsed.object)});
}

void Cluster::take_deletion(Part& part, const api::ObjectKey& key) {
  const auto it = part.objects.find(key);
  if (it == part.objects.end()) return;
  const bool was_good = !std::holds_alternative<std::monostate>(it->second.in_force);
  part.objects.erase(it);
  problems_.erase({part.kind.kind, key});
  if (was_good) changes_.push_back({part.kind.kind, key, {}});
  seen_({part.kind, key, nullptr});
}

void Cluster::end_list(Part& part) {
  std::vector<api::ObjectKey> gone;
  for (const auto& [key, object] : part.objects) {
    if (object.list != part.list) gone.push_back(key);
  }
  for (const api::ObjectKey& key : gone) take_deletion(part, key);
  if (!std::exchange(part.synced, true)) --unsynced_;
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

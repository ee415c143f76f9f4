#include "infra/kube/kube.h"

#include "base/log.h"
#include "infra/authority/authority_secrets.h"
#include "infra/kube/sidecar.h"

namespace limen::infra {
namespace {

// The proxy that an object of ours is for; "": it is not ours.
std::string proxy_of(const Json& object, const std::string& instance) {
  const Json* metadata = object.find("metadata");
  const Json* labels = metadata == nullptr ? nullptr : metadata->find("labels");
  const Json* annotations = metadata == nullptr ? nullptr : metadata->find("annotations");
  if (labels == nullptr || annotations == nullptr) return {};
  if (labels->text(kInstanceLabel) != instance) return {};
  return std::string(annotations->text(kProxyAnnotation));
}

bool is_watched(ObjectKind kind) {
  return kind == ObjectKind::kDeployment || kind == ObjectKind::kDaemonSet ||
         kind == ObjectKind::kService;
}

// The namespaces in which things are made; "" stands for all.
std::set<std::string> places_of(const KubeSettings& settings) {
  const std::string& own = settings.render.name_space;
  if (!settings.render.gateway_namespaces) return {own};
  if (settings.namespaces.empty()) return {""};
  std::set<std::string> places(settings.namespaces.begin(), settings.namespaces.end());
  places.insert(own);  // of merged Gateways
  return places;
}

}  // namespace

Kube::Kube(KubeSettings settings, EventLoop& loop, ObjectKeeper::Send send)
    : settings_(std::move(settings)),
      loop_(loop),
      keeper_({}, loop, std::move(send),
              [this](const ObjectId& id) {
                const auto it = proxy_of_.find(id);
                if (it == proxy_of_.end()) return;
                std::string trouble;
                for (const ObjectId& each : objects_[it->second]) {
                  if (trouble.empty()) trouble = keeper_.trouble(each);
                }
                watch_.set_trouble(it->second, std::move(trouble));
              }),
      watch_([this](const KubeProxyState& state) { settings_.on_state(state); }) {
  for (const std::string& place : places_of(settings_)) {
    for (const ObjectKindInfo& kind : object_kinds()) unsynced_.emplace(kind.kind, place);
  }
}

Kube::~Kube() { loop_.cancel(doubt_timer_); }

std::vector<kube::Follow> Kube::follows() {
  std::vector<kube::Follow> follows;
  for (const Listing& listing : unsynced_) {
    const ObjectKindInfo& kind = info(listing.first);
    kube::Follow follow;
    follow.resource = kind.resource;
    follow.versions = {kind.resource.version};
    follow.kind = kind.name;
    follow.name_space = listing.second;
    follow.label_selector = std::string(kManagedByLabel) + "=" + kManager;
    follow.take = [this, listing](const kube::Delivery& delivery) { take(listing, delivery); };
    follows.push_back(std::move(follow));
  }
  return follows;
}

void Kube::take(const Listing& listing, const kube::Delivery& delivery) {
  const auto& [kind, place] = listing;
  std::set<ObjectId>& listed = listed_[listing];
  if (delivery.list_begins) listed.clear();
  for (const kube::ObjectEvent& event : delivery.events) {
    const Json* metadata = event.object.find("metadata");
    if (metadata == nullptr) continue;
    const ObjectId id{kind, std::string(metadata->text("namespace")),
                      std::string(metadata->text("name"))};
    if (!event.deleted) listed.insert(id);
    see(id, event.deleted ? nullptr : &event.object);
  }
  if (!delivery.list_ends) return;
  std::vector<ObjectId> gone;
  for (const auto& [id, proxy] : proxy_of_) {
    const bool meant = id.kind == kind && (place.empty() || id.name_space == place);
    if (meant && !listed.contains(id)) gone.push_back(id);
  }
  for (const ObjectId& id : gone) see(id, nullptr);
  listed.clear();
  if (unsynced_.erase(listing) > 0 && unsynced_.empty()) settings_.on_synced();
}

void Kube::see(const ObjectId& id, const Json* object) {
  std::string proxy =
      object == nullptr ? std::string() : proxy_of(*object, settings_.render.name_space);
  if (proxy.empty()) {  // gone, or it has lost its labels
    const auto known = proxy_of_.find(id);
    if (known == proxy_of_.end()) return;
    proxy = known->second;
  }
  keeper_.see(id, object);
  const bool planned = plans_.contains(proxy);
  if (object == nullptr && !planned) return forget(id, proxy);
  proxy_of_[id] = proxy;
  objects_[proxy].insert(id);
  if (is_watched(id.kind)) watch_.see(proxy, id.kind, object);
  if (id.kind == ObjectKind::kSecret) see_credentials(proxy, object);
  if (watch_.is_on_nodes(proxy)) follow_nodes();
  if (knows_all_ && !planned) keeper_.remove(id);
}

void Kube::see_credentials(const std::string& proxy, const Json* secret) {
  if (secret != nullptr) {
    if (auto credentials = read_credentials(*secret)) {
      credentials_[proxy] = std::move(*credentials);
      return;
    }
  }
  credentials_.erase(proxy);
}

void Kube::forget(const ObjectId& id, const std::string& proxy) {
  proxy_of_.erase(id);
  watch_.end(proxy);
  if (id.kind == ObjectKind::kSecret) credentials_.erase(proxy);
  const auto objects = objects_.find(proxy);
  if (objects == objects_.end()) return;
  objects->second.erase(id);
  if (objects->second.empty()) objects_.erase(objects);
}

void Kube::apply(const PlanChange& change) {
  if (change.plan == nullptr) {
    plans_.erase(change.proxy);
    watch_.end(change.proxy);
    if (knows_all_) prune(change.proxy, {});
    return;
  }
  plans_[change.proxy] = change.plan;
  make(change.proxy, *change.plan);
}

void Kube::make(const std::string& proxy, const ProxyPlan& plan) {
  if (plan.ports.empty()) return;
  watch_.begin(proxy);
  const bool token = uses_token(plan, settings_.render);
  std::optional<Credentials> credentials;
  if (!token) {
    const auto present = credentials_.find(proxy);
    credentials = settings_.credentials(
        plan, present == credentials_.end() ? std::nullopt : std::optional(present->second));
  }
  if (!token && !credentials) return;  // until refresh()
  Objects objects = render(plan, settings_.render, settings_.files(plan), credentials);
  prune(proxy, objects);
  for (auto& [id, object] : objects) {
    keep_sidecar(keeper_.pods(id), object);
    proxy_of_[id] = proxy;
    objects_[proxy].insert(id);
    keeper_.want(id, std::move(object));
  }
}

void Kube::prune(const std::string& proxy, const Objects& wanted) {
  const auto objects = objects_.find(proxy);
  if (objects == objects_.end()) return;
  for (const ObjectId& id : objects->second) {
    if (!wanted.contains(id)) keeper_.remove(id);
  }
}

void Kube::set_active(bool active) {
  if (active) refresh();  // by what the leader before has made
  keeper_.set_active(active);
}

void Kube::know_all_plans() {
  if (knows_all_) return;
  if (plans_.empty() && !proxy_of_.empty() && doubt_timer_ == 0) {
    log::warn("infra", "there are proxies, but no Gateway is known: they are removed in {} s",
              std::chrono::duration_cast<std::chrono::seconds>(settings_.doubt).count());
    doubt_timer_ = loop_.after(settings_.doubt, [this] { know_all_plans(); });
    return;
  }
  knows_all_ = true;
  for (const auto& [id, proxy] : proxy_of_) {
    if (!plans_.contains(proxy)) keeper_.remove(id);
  }
}

void Kube::follow_nodes() {
  if (std::exchange(follows_nodes_, true)) return;
  kube::Follow follow;
  follow.resource = {"", "v1", "nodes"};
  follow.versions = {"v1"};
  follow.kind = "Node";
  follow.take = [this](const kube::Delivery& delivery) { take_nodes(delivery); };
  settings_.follow(std::move(follow));
}

void Kube::take_nodes(const kube::Delivery& delivery) {
  if (delivery.list_begins) listed_nodes_.clear();
  for (const kube::ObjectEvent& event : delivery.events) {
    const std::string name(event.object.find("metadata")->text("name"));
    if (event.deleted) {
      nodes_.erase(name);
    } else {
      nodes_[name] = addresses_of_node(event.object);
      listed_nodes_.insert(name);
    }
  }
  if (delivery.list_ends)
    std::erase_if(nodes_, [&](const auto& node) { return !listed_nodes_.contains(node.first); });
  std::vector<api::GatewayStatusAddress> all;
  for (const auto& [name, addresses] : nodes_)
    all.insert(all.end(), addresses.begin(), addresses.end());
  watch_.set_nodes(std::move(all));
}

void Kube::refresh() {
  for (const auto& [proxy, plan] : plans_) make(proxy, *plan);
}

}  // namespace limen::infra

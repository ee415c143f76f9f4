#include "xds/server/delta_stream.h"

#include <envoy/service/discovery/v3/discovery.pb.h>

#include <algorithm>
#include <cctype>

namespace limen::xds {
namespace {

using Request = envoy::service::discovery::v3::DeltaDiscoveryRequest;

constexpr ResourceType kTypes[] = {
    ResourceType::kCluster,  ResourceType::kEndpoints,       ResourceType::kSecret,
    ResourceType::kListener, ResourceType::kExtensionConfig, ResourceType::kRouteConfiguration};
// These wait for clusters: what they name must be there before.
constexpr ResourceType kUsersOfClusters[] = {
    ResourceType::kListener, ResourceType::kExtensionConfig, ResourceType::kRouteConfiguration};

std::optional<ResourceType> type_of(const std::string& url) {
  for (ResourceType type : kTypes) {
    if (type_url(type) == url) return type;
  }
  return std::nullopt;
}

bool uses_clusters(ResourceType type) {
  return std::find(std::begin(kUsersOfClusters), std::end(kUsersOfClusters), type) !=
         std::end(kUsersOfClusters);
}

// Envoy answers a whole response: with one resource in it, a refusal says whose fault it is.
// Refusals of clusters and listeners name them.
bool goes_alone(ResourceType type) {
  return type == ResourceType::kSecret || type == ResourceType::kRouteConfiguration ||
         type == ResourceType::kExtensionConfig;
}

// Envoy's message without the dump of the whole resource that a failed validation begins with.
std::string refusal_of(const Request& request) {
  constexpr size_t kLongest = 1000;
  std::string_view message = request.error_detail().message();
  const size_t reason = message.rfind("Proto constraint validation failed");
  if (reason != std::string_view::npos) message.remove_prefix(reason);
  if (message.empty()) return "no reason given";
  return std::string(message.substr(0, kLongest));
}

// As a whole word: "backend/default/b" is not in "backend/default/b2".
bool mentions(std::string_view text, std::string_view name) {
  const auto in_name = [&](size_t at) {
    return at < text.size() &&
           (std::isalnum(static_cast<unsigned char>(text[at])) != 0 || text[at] == '/' ||
            text[at] == '-' || text[at] == '_' || text[at] == '.');
  };
  for (size_t at = text.find(name); at != std::string_view::npos; at = text.find(name, at + 1)) {
    const size_t end = at + name.size();
    const bool ends_sentence = end < text.size() && text[end] == '.' && !in_name(end + 1);
    if ((at == 0 || !in_name(at - 1)) && (!in_name(end) || ends_sentence)) return true;
  }
  return false;
}

bool is_whole_set(ResourceType type) {  // in the older form of the protocol
  return type == ResourceType::kCluster || type == ResourceType::kListener;
}

constexpr Clock::duration kFirstListenerPause = std::chrono::seconds(1);
constexpr Clock::duration kLongestListenerPause = std::chrono::seconds(30);

}  // namespace

bool Answer::refuses(const std::string& name) const {
  return !refusal.empty() && (resources.size() == 1 || mentions(refusal, name));
}

std::optional<Answer> DeltaStream::on_request(const Request& request, Clock::time_point now) {
  const auto type = type_of(request.type_url());
  if (!type) return std::nullopt;
  TypeState& it = state(*type);
  Answer answer{*type, {}, {}};
  if (it.in_flight && request.response_nonce() == it.in_flight->nonce) {
    answer.resources = std::exchange(it.in_flight, std::nullopt)->resources;
    if (request.has_error_detail()) {
      answer.refusal = refusal_of(request);
      subscribe(it, request);
      return refused(it, std::move(answer), now);
    }
    for (const auto& [name, version] : answer.resources) {
      if (*type == ResourceType::kEndpoints) warming_.erase(name);
      if (*type == ResourceType::kListener) refused_listeners_.erase(name);
    }
    if (*type == ResourceType::kListener && !answer.resources.empty()) has_exchanged_ = false;
  }
  for (const auto& [name, version] : request.initial_resource_versions())
    answer.resources.emplace_back(name, version_of(version));
  subscribe(it, request);
  return answer.resources.empty() ? std::nullopt : std::optional(std::move(answer));
}

std::optional<Answer> DeltaStream::refused(TypeState& it, Answer answer, Clock::time_point now) {
  const bool whole_set = sotw_ && is_whole_set(answer.type);
  const auto is_named = [&](const auto& resource) {
    return mentions(answer.refusal, resource.first);
  };
  auto& all = answer.resources;
  const bool any_named = std::any_of(all.begin(), all.end(), is_named);
  if (!any_named && whole_set) all.clear();
  if (!any_named && all.size() > 1) {
    std::vector<std::string> first, second;
    for (const auto& [name, version] : all)
      (first.size() < all.size() / 2 ? first : second).push_back(name);
    it.trials.push_back(std::move(second));
    it.trials.push_back(std::move(first));
    return std::nullopt;
  }
  for (const auto& [name, version] : all) {
    if (answer.type == ResourceType::kEndpoints) warming_.erase(name);
    if (answer.type == ResourceType::kListener && answer.refuses(name))
      refused_listeners_.insert(name);
  }
  if (answer.type == ResourceType::kListener) {
    exchange(answer);
    listener_pause_ = std::clamp(listener_pause_ * 2, kFirstListenerPause, kLongestListenerPause);
    listeners_due_ = now + listener_pause_;
  }
  return answer;
}

// An Envoy takes no listener for an address that another one has, though that is to move too.
void DeltaStream::exchange(const Answer& answer) {
  const bool in_the_way = answer.refusal.find("has duplicate address") != std::string::npos;
  if (!in_the_way || std::exchange(has_exchanged_, true)) return;
  for (const auto& [name, version] : answer.resources) {
    if (answer.refuses(name)) exchanged_.push_back(name);
  }
  if (exchanged_.size() < 2) exchanged_.clear();  // the other one gives way by itself
}

std::optional<DeltaResponse> DeltaStream::withdraw_exchanged(const ResourceGroup& group) {
  TypeState& it = state(ResourceType::kListener);
  if (exchanged_.empty() || it.in_flight) return std::nullopt;
  const std::vector<std::string> names = std::exchange(exchanged_, {});
  it.pending.insert(names.begin(), names.end());
  return send(ResourceType::kListener, group, {}, {}, names);
}

void DeltaStream::offer_listeners_again(Clock::time_point now) {
  if (refused_listeners_.empty()) {
    listeners_due_.reset();
    listener_pause_ = Clock::duration(0);
  }
  if (!listeners_due_ || now < *listeners_due_) return;
  listeners_due_.reset();
  TypeState& it = state(ResourceType::kListener);
  for (const std::string& name : std::exchange(refused_listeners_, {})) {
    it.sent.erase(name);
    it.pending.insert(name);
  }
}

std::optional<Clock::time_point> DeltaStream::deadline() const {
  if (!waiting_since_) return listeners_due_;
  const auto over = *waiting_since_ + patience_;
  return listeners_due_ ? std::min(over, *listeners_due_) : over;
}

void DeltaStream::subscribe(TypeState& it, const Request& request) {
  for (const auto& [name, version] : request.initial_resource_versions())
    it.sent[name] = version_of(version);
  const bool first = !std::exchange(it.opened, true);
  if (first && request.resource_names_subscribe().empty())
    it.wildcard = true;  // the older way to say "*"
  if (first) it.look_at_all = true;
  if (first) it.owes_first = it.wildcard;
  for (const std::string& name : request.resource_names_subscribe()) {
    if (name == "*") {
      it.wildcard = true;
      it.look_at_all = true;
      continue;
    }
    it.names.insert(name);
    // Who asks again wants an answer, unless it says which version it has.
    if (!request.initial_resource_versions().contains(name)) it.sent.erase(name);
    it.pending.insert(name);
  }
  for (const std::string& name : request.resource_names_unsubscribe()) {
    if (name == "*") {
      it.wildcard = false;
    } else {
      it.names.erase(name);
    }
    if (!it.wildcard && !it.names.contains(name)) it.sent.erase(name);
  }
}

// Brings the names that changed since the last look into `pending`.
void DeltaStream::gather(ResourceType type, const ResourceGroup& group) {
  TypeState& it = state(type);
  const auto changed = it.look_at_all ? std::nullopt : group.changed_since(type, it.cursor);
  it.cursor = group.sequence(type);
  it.look_at_all = false;
  if (!changed) {
    for (const auto& [name, version] : it.sent) it.pending.insert(name);
    for (const std::string& name : it.names) it.pending.insert(name);
    if (!it.wildcard) return;
    for (std::string& name : group.names(type)) it.pending.insert(std::move(name));
    return;
  }
  for (const std::string& name : *changed) {
    if (it.wildcard || it.names.contains(name)) it.pending.insert(name);
  }
}

std::optional<DeltaResponse> DeltaStream::next(const ResourceGroup& group, Clock::time_point now) {
  offer_listeners_again(now);
  for (ResourceType type : kTypes) {
    if (state(type).opened) gather(type, group);
  }
  if (auto removal = withdraw_exchanged(group)) return removal;
  for (ResourceType type : kTypes) {
    if (uses_clusters(type) && !clusters_settled(now)) break;
    // What a route asks of a filter must be known to it.
    if (type == ResourceType::kRouteConfiguration &&
        state(ResourceType::kExtensionConfig).in_flight)
      break;
    if (auto response = respond(
            type, group, !(type == ResourceType::kCluster || type == ResourceType::kEndpoints)))
      return response;
  }
  if (!routes_settled()) return std::nullopt;
  for (ResourceType type : {ResourceType::kCluster, ResourceType::kEndpoints}) {
    if (auto response = respond(type, group, true)) return response;
  }
  return std::nullopt;
}

// Whether routes may go out: all clusters before them are acknowledged and warm, or have had their
// time.
bool DeltaStream::clusters_settled(Clock::time_point now) {
  const bool wanted = std::any_of(std::begin(kUsersOfClusters), std::end(kUsersOfClusters),
                                  [&](ResourceType type) { return !state(type).pending.empty(); });
  const bool settled = !state(ResourceType::kCluster).in_flight && warming_.empty();
  if (settled || !wanted) {
    waiting_since_.reset();
    return settled;
  }
  if (!waiting_since_) waiting_since_ = now;
  if (now - *waiting_since_ < patience_) return false;
  warming_.clear();  // patience is over: these are not waited for again
  waiting_since_.reset();
  return true;
}

// Whether clusters may be removed: no route that names them is still on its way out.
bool DeltaStream::routes_settled() {
  for (ResourceType type : kUsersOfClusters) {
    const TypeState& it = state(type);
    if (it.in_flight || (it.opened && !it.pending.empty())) return false;
  }
  return true;
}

std::optional<DeltaResponse> DeltaStream::respond(ResourceType type, const ResourceGroup& group,
                                                  bool removals) {
  TypeState& it = state(type);
  if (!it.opened || it.in_flight) return std::nullopt;
  if (auto trial = try_again(type, group)) return trial;
  if (it.pending.empty() && !it.owes_first) return std::nullopt;
  std::vector<WireResourcePtr> resources;
  std::vector<std::string> removed;
  InFlight in_flight;
  for (auto at = it.pending.begin(); at != it.pending.end();) {
    if (goes_alone(type) && !resources.empty()) break;
    const WireResourcePtr resource = group.find(type, *at);
    const auto sent = it.sent.find(*at);
    const bool has_it = sent != it.sent.end();
    if (resource == nullptr && has_it && !removals) {
      ++at;  // later
      continue;
    }
    if (resource == nullptr && has_it) removed.push_back(*at);  // else it waits until it is there
    if (resource != nullptr && !(has_it && sent->second == resource->version())) {
      resources.push_back(resource);
      in_flight.resources.emplace_back(*at, resource->version());
    }
    at = it.pending.erase(at);
  }
  // An Envoy starts only after the first answer to each "*", also if there is nothing yet.
  if (resources.empty() && removed.empty() && !it.owes_first) return std::nullopt;
  it.owes_first = false;
  return send(type, group, std::move(in_flight), std::move(resources), removed);
}

// The next of the groups that a refusal is looked for in, as far as it is still there.
std::optional<DeltaResponse> DeltaStream::try_again(ResourceType type, const ResourceGroup& group) {
  TypeState& it = state(type);
  while (!it.trials.empty()) {
    const std::vector<std::string> names = std::move(it.trials.back());
    it.trials.pop_back();
    std::vector<WireResourcePtr> resources;
    InFlight in_flight;
    for (const std::string& name : names) {
      const WireResourcePtr resource = group.find(type, name);
      if (resource == nullptr || !it.sent.contains(name)) continue;
      in_flight.resources.emplace_back(name, resource->version());
      resources.push_back(resource);
    }
    if (!resources.empty())
      return send(type, group, std::move(in_flight), std::move(resources), {});
  }
  return std::nullopt;
}

DeltaResponse DeltaStream::send(ResourceType type, const ResourceGroup& group, InFlight in_flight,
                                std::vector<WireResourcePtr> resources,
                                const std::vector<std::string>& removed) {
  for (const auto& [name, version] : in_flight.resources) note_sent(type, name, version, group);
  TypeState& it = state(type);
  for (const std::string& name : removed) {
    it.sent.erase(name);
    if (type == ResourceType::kCluster) warming_.erase(name);
    if (type == ResourceType::kListener) refused_listeners_.erase(name);
  }
  in_flight.nonce = std::to_string(++nonces_);
  DeltaResponse response{type, in_flight.nonce, encode_head(type, in_flight.nonce, removed),
                         std::move(resources)};
  it.in_flight = std::move(in_flight);
  return response;
}

size_t DeltaStream::names() const {
  size_t count = 0;
  for (const TypeState& it : types_) count += it.names.size() + it.sent.size();
  return count;
}

std::vector<std::string> DeltaStream::sent(ResourceType type) const {
  std::vector<std::string> names;
  for (const auto& [name, version] : types_[static_cast<size_t>(type)].sent) names.push_back(name);
  std::sort(names.begin(), names.end());
  return names;
}

void DeltaStream::note_sent(ResourceType type, const std::string& name, uint64_t version,
                            const ResourceGroup& group) {
  state(type).sent[name] = version;
  if (type != ResourceType::kCluster || group.find(ResourceType::kEndpoints, name) == nullptr)
    return;
  // A new or changed cluster warms up anew: it needs its endpoints, again if it had them.
  warming_.insert(name);
  TypeState& endpoints = state(ResourceType::kEndpoints);
  endpoints.sent.erase(name);
  if (endpoints.names.contains(name) || endpoints.wildcard) endpoints.pending.insert(name);
}

}  // namespace limen::xds

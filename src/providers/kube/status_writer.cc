#include "providers/kube/status_writer.h"

#include <algorithm>
#include <ctime>

#include "api/objects.h"
#include "base/hash.h"
#include "base/json_text.h"
#include "base/log.h"
#include "base/strings.h"
#include "providers/kube/status_merge.h"

namespace limen::providers {
namespace {

constexpr int kNotFound = 404, kConflict = 409;

Json status_of(const std::string& text) {
  if (text.empty()) return {};
  Result<Json> parsed = parse_json(text);
  return parsed ? std::move(*parsed) : Json();
}

}  // namespace

StatusWriter::StatusWriter(StatusWriterSettings settings, EventLoop& loop, Send send)
    : settings_(std::move(settings)),
      loop_(loop),
      send_(std::move(send)),
      tokens_(settings_.burst) {}

bool StatusWriter::has_status(api::Kind kind) {
  return api::is_route(kind) || kind == api::Kind::kGatewayClass || kind == api::Kind::kGateway ||
         kind == api::Kind::kListenerSet || kind == api::Kind::kBackend ||
         kind == api::Kind::kBackendTlsPolicy || kind == api::Kind::kSecurityPolicy ||
         kind == api::Kind::kClientTrafficPolicy || kind == api::Kind::kCertificatePolicy;
}

void StatusWriter::see(const Sighting& sighting) {
  if (!has_status(sighting.kind.kind)) return;
  const Identity identity{sighting.kind.kind, sighting.key};
  const Json* object = sighting.object;
  if (object == nullptr) {
    entries_.erase(identity);
    due_.erase(identity);
    return;
  }
  const Json* status = object->find("status");
  const bool was_ours = status != nullptr && has_entries_of(*status, settings_.controller);
  if (!sighting.of_use && !was_ours && !entries_.contains(identity)) return;
  const std::string_view version = object->text("apiVersion");
  versions_[identity.first] = version.substr(version.find('/') + 1);
  see_status(identity, *object);
}

void StatusWriter::see_status(const Identity& identity, const Json& object) {
  std::unique_ptr<Entry>& entry = entries_[identity];
  if (entry == nullptr) entry = std::make_unique<Entry>(settings_.backoff);
  const Json* metadata = object.find("metadata");
  entry->version = metadata == nullptr ? "" : metadata->text("resourceVersion");
  const Json* status = object.find("status");
  entry->current = status == nullptr ? "" : to_json(*status);
  touched_.insert(identity);
}

void StatusWriter::want(const translate::StatusChange& change) {
  const Identity identity{change.kind, change.key};
  const auto it = entries_.find(identity);
  if (it == entries_.end()) {
    if (change.gone()) return;
    entries_[identity] = std::make_unique<Entry>(settings_.backoff);
  }
  entries_[identity]->wanted = change.status;
  touched_.insert(identity);
}

void StatusWriter::refuse(api::Kind kind, const api::ObjectKey& key, const Refusal* refusal) {
  const auto it = entries_.find({kind, key});
  if (it == entries_.end()) return;  // a kind without status
  it->second->refusal = refusal == nullptr ? Box<Refusal>() : Box<Refusal>(*refusal);
  touched_.insert(it->first);
}

Json StatusWriter::wanted_of(const Identity& identity, const Entry& entry) const {
  Json wanted = std::holds_alternative<std::monostate>(entry.wanted)
                    ? Json()
                    : translate::emit_status(entry.wanted);
  if (!entry.refusal) return wanted;
  return refused_status(identity.first, std::move(wanted), *entry.refusal, settings_.controller);
}

bool StatusWriter::is_ours(const Identity& identity, const Entry& entry) const {
  if (has_entries_of(status_of(entry.current), settings_.controller)) return true;
  const Json wanted = wanted_of(identity, entry);
  return has_entries_of(wanted, settings_.controller) || wanted.find("conditions") != nullptr;
}

void StatusWriter::settle() {
  for (const Identity& identity : std::exchange(touched_, {})) {
    const auto it = entries_.find(identity);
    if (it == entries_.end()) continue;
    if (it->second->under_way || it->second->refusal || is_ours(identity, *it->second))
      due_.insert(identity);
    else
      entries_.erase(it);
  }
  pump();
}

void StatusWriter::set_active(bool active) {
  active_ = active;
  if (!active) return;
  for (const auto& [identity, entry] : entries_) due_.insert(identity);
  pump();
}

// Goes through what is due as far as the limits allow.
void StatusWriter::pump() {
  if (!active_) return;
  const auto now = Clock::now();
  auto next = Clock::time_point::max();
  for (auto it = due_.begin(); it != due_.end() && under_way_ < settings_.at_once;) {
    const auto found = entries_.find(*it);
    if (found == entries_.end()) {
      it = due_.erase(it);
    } else if (Entry& entry = *found->second; entry.under_way) {
      ++it;  // looked at again when it has come back
    } else if (entry.not_before > now) {
      next = std::min(next, entry.not_before);
      ++it;
    } else if (!take_token()) {
      next = std::min(next, now + std::chrono::milliseconds(1000 / settings_.rate + 1));
      break;
    } else {
      const Identity identity = *it;
      it = due_.erase(it);
      write(identity, entry);
    }
  }
  alarm_.set(next);
}

bool StatusWriter::take_token() {
  const auto now = Clock::now();
  const std::chrono::duration<double> passed = now - std::exchange(tokens_at_, now);
  tokens_ = std::min<double>(settings_.burst, tokens_ + passed.count() * settings_.rate);
  if (tokens_ < 1) return false;
  tokens_ -= 1;
  return true;
}

void StatusWriter::write(const Identity& identity, Entry& entry) {
  if (entry.version.empty()) return read(identity, entry);
  const Json wanted = wanted_of(identity, entry), current = status_of(entry.current);
  const uint64_t hash = hash_bytes(to_json(wanted));
  const bool is_echo = hash == entry.written && hash_bytes(entry.current) == entry.came_out;
  const Json merged =
      merge_status(wanted, current, settings_.controller, format_time(::time(nullptr)));
  if (is_echo || merged == current || (current.is_null() && merged == Json(Json::Object{}))) {
    tokens_ += 1;  // nothing is sent
    return;
  }
  Json metadata{Json::Object{}}, patch{Json::Object{}};
  metadata.set("resourceVersion", entry.version);
  patch.set("metadata", std::move(metadata));
  patch.set("status", patch_between(current, merged));
  const auto& [kind, key] = identity;
  send(entry,
       kube::patch_status(resource(kind), key.name_space, key.name, patch, settings_.manager),
       [this, identity, hash](const kube::Answer& answer) { on_written(identity, hash, answer); });
}

void StatusWriter::read(const Identity& identity, Entry& entry) {
  const auto& [kind, key] = identity;
  send(entry, kube::get(resource(kind), key.name_space, key.name),
       [this, identity](const kube::Answer& answer) { on_read(identity, answer); });
}

void StatusWriter::send(Entry& entry, kube::Request request,
                        std::function<void(kube::Answer)> done) {
  entry.under_way = true;
  const auto now = Clock::now();
  const bool goes_on = now < entry.not_before + entry.spacing;
  entry.spacing =
      goes_on ? std::min(2 * entry.spacing, settings_.longest_spacing) : settings_.spacing;
  entry.not_before = now + entry.spacing;
  ++under_way_;
  send_(std::move(request), [this, done = std::move(done)](const kube::Answer& answer) {
    --under_way_;
    done(answer);
    pump();
  });
}

void StatusWriter::on_written(const Identity& identity, uint64_t hash, const kube::Answer& answer) {
  const auto it = entries_.find(identity);
  if (it == entries_.end()) return;
  Entry& entry = *it->second;
  entry.under_way = false;
  if (!answer.ok()) {
    if (answer.status == kConflict) entry.version.clear();  // is read before the next try
    if (answer.status != kNotFound) return retry(identity, entry, answer);
    entries_.erase(it);
    return;
  }
  see_status(identity, answer.body);
  touched_.erase(identity);
  entry.written = hash;
  entry.came_out = hash_bytes(entry.current);
  entry.backoff.reset();
  entry.trouble.over();
  due_.insert(identity);  // for what was wanted meanwhile
}

void StatusWriter::on_read(const Identity& identity, const kube::Answer& answer) {
  const auto it = entries_.find(identity);
  if (it == entries_.end()) return;
  Entry& entry = *it->second;
  entry.under_way = false;
  if (answer.status == kNotFound) {
    entries_.erase(it);
  } else if (!answer.ok()) {
    retry(identity, entry, answer);
  } else {
    see_status(identity, answer.body);
    touched_.erase(identity);
    entry.not_before = {};
    due_.insert(identity);
  }
}

void StatusWriter::retry(const Identity& identity, Entry& entry, const kube::Answer& answer) {
  if (answer.status != kConflict && entry.trouble.is_news(answer))
    log::warn("kube", "{}: its status can't be written: {}; it is tried again",
              api::text_of(api::info(identity.first), identity.second), answer.message);
  entry.not_before = Clock::now() + std::max(entry.backoff.next(), answer.retry_after);
  due_.insert(identity);
}

kube::Resource StatusWriter::resource(api::Kind kind) const {
  const api::KindInfo& info = api::info(kind);
  const auto version = versions_.find(kind);
  return {std::string(info.group),
          version == versions_.end() ? std::string(info.versions[0]) : version->second,
          std::string(info.plural)};
}

}  // namespace limen::providers

#include "kube/elector.h"

#include <fmt/format.h>

#include "base/log.h"
#include "base/strings.h"

namespace limen::kube {
namespace {

constexpr int kNotFound = 404, kConflict = 409;
constexpr std::chrono::milliseconds kFarewell{1000};

// meta/v1 MicroTime: each renewal differs from the one before.
std::string now_text() {
  const int64_t now = std::chrono::duration_cast<std::chrono::microseconds>(
                          std::chrono::system_clock::now().time_since_epoch())
                          .count();
  std::string text = format_time(now / 1'000'000);
  text.pop_back();
  return text + fmt::format(".{:06}Z", now % 1'000'000);
}

}  // namespace

Elector::~Elector() {
  for (const uint64_t timer : {look_timer_, deadline_timer_, release_timer_}) loop_.cancel(timer);
}

void Elector::look() {
  send_(get(resource(), settings_.name_space, settings_.name),
        [this](const Answer& answer) { on_lease(answer); });
}

void Elector::look_again() {
  loop_.cancel(look_timer_);
  if (!released_) look_timer_ = loop_.after(settings_.retry, [this] { look(); });
}

void Elector::on_lease(const Answer& answer) {
  if (released_) return;
  if (answer.ok()) return take_lease(answer.body);
  if (answer.status == kNotFound)
    return write(create(resource(), settings_.name_space, lease_of({}, settings_.identity)));
  on_written(answer, {});
}

void Elector::take_lease(const Json& lease) {
  const Json* spec = lease.find("spec");
  if (!is_free(spec == nullptr ? Json() : *spec)) {
    set_leads(false);  // another took it
    return look_again();
  }
  write(replace(resource(), settings_.name_space, settings_.name,
                lease_of(lease, settings_.identity)));
}

bool Elector::is_free(const Json& spec) {
  const std::string_view holder = spec.text("holderIdentity");
  if (holder.empty() || holder == settings_.identity) return true;
  const auto now = Clock::now();
  std::string state = to_json(spec);
  if (state != seen_) {
    seen_ = std::move(state);
    seen_since_ = now;
  }
  return now - seen_since_ > settings_.duration;
}

Json Elector::lease_of(const Json& before, std::string_view holder) const {
  Json lease = before;
  lease.set("apiVersion", "coordination.k8s.io/v1");
  lease.set("kind", "Lease");
  if (lease.find("metadata") == nullptr) {
    Json metadata;
    metadata.set("name", settings_.name);
    lease.set("metadata", std::move(metadata));
  }
  const Json* old = before.find("spec");
  Json spec = old == nullptr ? Json(Json::Object{}) : *old;
  if (spec.text("holderIdentity") != holder) {
    const Json* transitions = spec.find("leaseTransitions");
    const int64_t count =
        transitions != nullptr && transitions->is_integer() ? transitions->as_integer() : 0;
    spec.set("leaseTransitions", count + (old == nullptr || holder.empty() ? 0 : 1));
    spec.set("acquireTime", now_text());
  }
  spec.set("holderIdentity", holder);
  spec.set("leaseDurationSeconds",
           std::chrono::ceil<std::chrono::seconds>(settings_.duration).count());
  spec.set("renewTime", now_text());
  lease.set("spec", std::move(spec));
  return lease;
}

void Elector::write(Request request) {
  send_(std::move(request),
        [this, sent = Clock::now()](const Answer& answer) { on_written(answer, sent); });
}

void Elector::on_written(const Answer& answer, Clock::time_point sent) {
  if (released_) return;
  look_again();
  if (!answer.ok()) {
    if (answer.status != kConflict && trouble_.is_news(answer)) {
      log::warn("kube", "Lease {}/{}: {}; it is tried again", settings_.name_space, settings_.name,
                answer.message);
    }
    return;
  }
  trouble_.over();
  lease_ = answer.body;
  loop_.cancel(deadline_timer_);
  // Counted from when it was sent: the API server may have dated it so early.
  deadline_timer_ =
      loop_.after(sent + settings_.deadline - Clock::now(), [this] { set_leads(false); });
  set_leads(true);
}

void Elector::set_leads(bool leads) {
  if (leads == leads_) return;
  leads_ = leads;
  log::info("kube", "this is {} now: Lease {}/{}", leads ? "the leader" : "no leader",
            settings_.name_space, settings_.name);
  on_change_(leads);
}

void Elector::release(const std::function<void()>& done) {
  released_ = true;
  if (!leads_) return done();
  set_leads(false);
  release_timer_ = loop_.after(kFarewell, done);
  send_(replace(resource(), settings_.name_space, settings_.name, lease_of(lease_, "")),
        [this, done](const Answer&) {
          loop_.cancel(release_timer_);
          done();
        });
}

}  // namespace limen::kube

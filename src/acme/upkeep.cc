#include "acme/upkeep.h"

#include <fmt/format.h>

#include <algorithm>
#include <ctime>
#include <utility>

#include "acme/csr.h"
#include "acme/failures.h"
#include "base/hash.h"
#include "base/log.h"
#include "base/strings.h"
#include "pki/certificate.h"

namespace limen::acme {
namespace {

using std::chrono::seconds;
constexpr int64_t kBusyPause = 5;  // while another Limen obtains it
// A new certificate is left alone for this part of its life, whatever the CA says.
constexpr int64_t kLeastShare = 6;
constexpr int64_t kLongestSleep = 3600;              // clocks change
constexpr int64_t kRateLimitPause = 3600;            // where the CA names none
constexpr int64_t kWindowEvery = int64_t{6} * 3600;  // where the CA doesn't say
constexpr int64_t kWindowAtLeast = 60, kWindowAtMost = int64_t{24} * 3600;  // RFC 9773, 4.3

int64_t now() { return std::time(nullptr); }

int64_t unix_seconds(pki::TimePoint time) { return std::chrono::system_clock::to_time_t(time); }

}  // namespace

Upkeep::~Upkeep() {
  keeper_.loop().cancel(timer_);
  keeper_.loop().cancel(window_timer_);
}

void Upkeep::start() {
  if (Status adopted = adopt(); !adopted) {
    state_.failure = adopted.error().message;
    log::error("acme", "{}: {}", name_, state_.failure);
  }
  recall_failures();
  plan();
  // Not all at the start of Limen.
  if (stored_) look_at_renewal_window(now() + static_cast<int64_t>(hash_bytes(name_) % 60));
}

// Of a Limen before this one.  What it had given up is tried again.
void Upkeep::recall_failures() {
  const auto failures =
      recall(keeper_.storage().failures(name_), wanted_, keeper_.settings().means);
  if (!failures || failures->next_try == INT64_MAX) return;
  failures_ = failures->count;
  failing_since_ = failures->since;
  state_.next_try = failures->next_try;
  state_.failure = failures->message;
}

// What the storage has.  Not usable counts as none.
Status Upkeep::adopt() {
  auto stored = keeper_.storage().certificate(name_);
  if (!stored) return stored.error();
  if (!*stored || *stored == stored_) return {};
  const auto certificate = pki::read_certificate((*stored)->pair.certificate);
  if (!certificate) return certificate.error();
  if (Status fits = pki::check_pair((*stored)->pair); !fits) return fits;
  stored_ = std::move(*stored);
  hosts_ = certificate->hosts;
  std::sort(hosts_.begin(), hosts_.end());
  life_ = {unix_seconds(certificate->begin - pki::kClockSkew),
           unix_seconds(certificate->not_after)};
  window_.reset();
  keeper_.settings().on_certificate(name_, *stored_);
  return {};
}

const Issuer* Upkeep::issuer_of(const std::string& directory) const {
  for (const Issuer& issuer : wanted_.issuers) {
    if (issuer.account.directory_url == directory) return &issuer;
  }
  return nullptr;
}

bool Upkeep::suits() const {
  return stored_ && hosts_ == wanted_.names && issuer_of(stored_->directory) != nullptr;
}

int64_t Upkeep::due_at() const {
  return suits() ? renewal_time(life_, window_, stored_->pair.certificate) : 0;
}

int64_t Upkeep::next_attempt() const { return std::max({due_at(), state_.next_try, rest_until_}); }

void Upkeep::plan() {
  if (lock_ != nullptr) return;  // an attempt is under way
  state_.directory = stored_ ? stored_->directory : std::string();
  state_.not_after = stored_ && life_.end > now() ? life_.end : 0;
  state_.renew_at = stored_ ? std::max(due_at(), int64_t{1}) : 0;
  wake_at(next_attempt());
  tell();
}

void Upkeep::wake_at(int64_t time) {
  keeper_.loop().cancel(timer_);
  const int64_t sleep = std::clamp(time - now(), int64_t{0}, kLongestSleep);
  timer_ = keeper_.loop().after(seconds(sleep), [this] { wake(); });
}

void Upkeep::wake() {
  if (now() >= next_attempt())
    attempt();
  else
    plan();
}

// Lock, look again, obtain.
void Upkeep::attempt() {
  auto lock = keeper_.storage().lock(name_);
  if (!lock) {
    trouble_ = lock.error().message;
    return give_up_for_now();
  }
  if (*lock == nullptr) return wake_at(now() + kBusyPause);
  lock_ = std::move(*lock);
  if (Status adopted = adopt(); adopted.ok() && due_at() > now()) return end_attempt();
  state_.busy = true;
  state_.next_try = 0;
  tell();
  index_ = 0;
  trouble_.clear();
  try_issuer();
}

void Upkeep::try_issuer() {
  while (index_ < wanted_.issuers.size() && limited_[issuer().account.directory_url] > now()) {
    trouble_ += fmt::format("{}{}: its rate limit is used up", trouble_.empty() ? "" : "; ",
                            issuer().account.directory_url);
    ++index_;
  }
  if (index_ == wanted_.issuers.size()) return give_up_for_now();
  log::info("acme", "{}: asking {} for a certificate for {}", name_, issuer().account.directory_url,
            fmt::join(wanted_.names, ", "));
  keeper_.with_session(issuer().account, [weak = weak_from_this()](auto outcome) {
    const auto self = weak.lock();
    if (self == nullptr) return;
    if (const auto* failure = std::get_if<Failure>(&outcome)) return self->refuse(*failure);
    const auto session = std::get<std::shared_ptr<Session>>(outcome);
    session->open([weak, session](const std::optional<Failure>& failure) {
      const auto later = weak.lock();
      if (later == nullptr) return;
      if (failure) return later->refuse(*failure);
      later->order(session);
    });
  });
}

void Upkeep::order(const std::shared_ptr<Session>& session) {
  OrderRequest request{wanted_.names,       issuer().key_type, issuer().profile, {},
                       issuer().challenges, issuer().dns_hook};
  // What the CA could not see the last time it may see by other means.
  std::rotate(request.challenges.begin(),
              request.challenges.begin() + static_cast<ptrdiff_t>(static_cast<size_t>(failures_) %
                                                                  request.challenges.size()),
              request.challenges.end());
  if (suits() && stored_->directory == issuer().account.directory_url) {
    if (auto id = renewal_id(stored_->pair.certificate)) request.replaces = std::move(*id);
  }
  issuance_ = std::make_shared<Issuance>(
      keeper_.loop(), session, keeper_.solver(), std::move(request),
      [weak = weak_from_this()](std::variant<Failure, pki::KeyPair> outcome) {
        if (const auto self = weak.lock()) self->take(std::move(outcome));
      });
  issuance_->start();
}

void Upkeep::take(std::variant<Failure, pki::KeyPair> outcome) {
  issuance_.reset();
  if (const auto* failure = std::get_if<Failure>(&outcome)) return refuse(*failure);
  save(std::get<pki::KeyPair>(outcome));
}

void Upkeep::save(const pki::KeyPair& pair) {
  keeper_.storage().save_certificate(
      name_, {pair, issuer().account.directory_url},
      [weak = weak_from_this()](const Status& saved) {
        const auto self = weak.lock();
        if (self == nullptr) return;
        Status adopted = saved ? self->adopt() : saved;
        if (!adopted) return self->refuse({adopted.error().message, {}});
        if (!self->suits())
          return self->refuse({"the CA has issued a certificate for other names", {}});
        if (std::exchange(self->failures_, 0) > 0)
          self->keeper_.storage().save_failures(self->name_, {});
        self->rest_until_ = now() + (self->life_.end - now()) / kLeastShare;
        self->state_.failure.clear();
        log::info("acme", "{}: a certificate until {}", self->name_, format_time(self->life_.end));
        self->end_attempt();
        self->look_at_renewal_window(now());
      });
}

// The issuer that is tried: the next one's turn.
void Upkeep::refuse(const Failure& failure) {
  const AccountSettings& account = issuer().account;
  trouble_ +=
      fmt::format("{}{}: {}", trouble_.empty() ? "" : "; ", account.directory_url, failure.message);
  if (failure.retry_after.count() > 0 || failure.type == "rateLimited") {
    limited_[account.directory_url] =
        now() + (failure.retry_after.count() > 0 ? failure.retry_after.count() : kRateLimitPause);
  }
  keeper_.drop_session(account);
  ++index_;
  try_issuer();
}

void Upkeep::give_up_for_now() {
  if (failures_++ == 0) failing_since_ = now();
  int64_t next = now() + seconds(pause_after(failures_)).count();
  int64_t unlimited = INT64_MAX;
  for (const Issuer& each : wanted_.issuers)
    unlimited = std::min(unlimited, limited_[each.account.directory_url]);
  next = std::max(next, unlimited);
  if (now() - failing_since_ > seconds(kGiveUpAfter).count()) next = INT64_MAX;
  state_.failure = trouble_;
  state_.next_try = next;
  keeper_.storage().save_failures(name_, remember({failures_, failing_since_, next, trouble_},
                                                  wanted_, keeper_.settings().means));
  log::error("acme", "{}: no certificate: {}; next try {}", name_, trouble_,
             next == INT64_MAX ? "when it is wanted otherwise" : format_time(next));
  end_attempt();
}

void Upkeep::end_attempt() {
  lock_.reset();
  state_.busy = false;
  plan();
}

void Upkeep::look_at_renewal_window(int64_t at) {
  keeper_.loop().cancel(window_timer_);
  window_timer_ = keeper_.loop().after(seconds(std::max(at - now(), int64_t{0})),
                                       [this] { ask_renewal_window(); });
}

void Upkeep::ask_renewal_window() {
  look_at_renewal_window(now() + kWindowEvery);
  const Issuer* from = stored_ ? issuer_of(stored_->directory) : nullptr;
  if (from == nullptr) return;
  const auto id = renewal_id(stored_->pair.certificate);
  if (!id) return;
  keeper_.with_session(from->account, [weak = weak_from_this(), id = *id](auto outcome) {
    const auto* session = std::get_if<std::shared_ptr<Session>>(&outcome);
    if (session == nullptr) return;
    (*session)->read([weak, id, session = *session](const std::optional<Failure>& failure) {
      if (failure || session->directory().renewal_info.empty()) return;
      session->get(session->directory().renewal_info + "/" + id, [weak](const Outcome& window) {
        if (const auto self = weak.lock()) self->take_renewal_window(window);
      });
    });
  });
}

void Upkeep::take_renewal_window(const Outcome& outcome) {
  const auto* reply = std::get_if<Reply>(&outcome);
  if (reply == nullptr) return;
  const int64_t wish = reply->retry_after.count();
  look_at_renewal_window(
      now() + (wish == 0 ? kWindowEvery : std::clamp(wish, kWindowAtLeast, kWindowAtMost)));
  auto window = read_renewal_window(reply->body);
  if (!window)
    return log::warn("acme", "{}: renewal information: {}", name_, window.error().message);
  window_ = *window;
  plan();
}

void Upkeep::tell() { keeper_.settings().on_state(name_, state_); }

}  // namespace limen::acme

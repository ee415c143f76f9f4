#include "infra/host/proxy.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>

#include "base/hash.h"
#include "base/log.h"
#include "base/strings.h"
#include "infra/envoy/flags.h"
#include "infra/host/command_line.h"

namespace limen::infra {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kFirstBackOff{100};
constexpr milliseconds kLongestBackOff{30'000};
constexpr milliseconds kHoldOff{60'000};
constexpr milliseconds kNextPoll{50};
// A process that lived this long starts the back-off anew.
constexpr std::chrono::seconds kSettled{60};
// One that lived this short a time may be no Envoy at all.
constexpr std::chrono::seconds kTooShort{1};

// A binary that was exchanged under its name is another one.
std::string identity_of(const std::string& file) {
  struct stat info {};
  if (::stat(file.c_str(), &info) != 0) return file;
  return fmt::format("{} {} {}.{}", file, info.st_size, info.st_mtim.tv_sec, info.st_mtim.tv_nsec);
}

}  // namespace

Host::Proxy::Proxy(const HostSettings& settings, EventLoop& loop, std::function<void()> gone)
    : settings_(settings), loop_(loop), gone_(std::move(gone)), back_off_(kFirstBackOff) {}

Host::Proxy::~Proxy() {
  loop_.cancel(retry_timer_);
  loop_.cancel(next_timer_);
}

// Of the first place, whatever place it is started in.
std::string Host::Proxy::hash_of_settings() const {
  const Place first = place(0);
  std::string all = settings_.bootstrap(plan_, first.node, first.admin_socket);
  for (const std::string& argument : command_line(settings_.envoy, first, plan_.settings))
    all += '\0' + argument;
  return hex(hash_bytes(all + '\0' + identity_of(settings_.envoy)));
}

Instance::OnExit Host::Proxy::on_exit(int number) {
  return [this, number](const std::string& how) { ended(number, how); };
}

void Host::Proxy::run(const ProxyPlan& plan) {
  plan_ = plan;
  const std::string wanted = hash_of_settings();
  if (wanted == wanted_) return;  // nothing that Envoy would see
  const bool first = std::exchange(wanted_, wanted).empty();
  if (first) adopt();
  loop_.cancel(retry_timer_);
  holding_off_ = false;
  back_off_ = kFirstBackOff;
  converge();
}

// Takes over what an earlier Limen left, be it in the middle of a replacement.
void Host::Proxy::adopt() {
  std::unique_ptr<Instance> leaving;
  for (int number = 0; number < kPlaces; ++number) {
    auto found = Instance::adopt(loop_, number, place(number), on_exit(number));
    if (found == nullptr) continue;
    log::info("infra", "{}: took over Envoy, process {}", plan_.proxy, found->record().pid);
    const Role role = found->record().role;
    (role == Role::kNext                             ? next_
     : role == Role::kLeaving || current_ != nullptr ? leaving
                                                     : current_) = std::move(found);
  }
  if (current_ == nullptr && next_ != nullptr) promote_next();
  if (leaving != nullptr) retire(std::move(leaving), current_.get());
}

void Host::Proxy::converge() {
  if (stopping_) return;
  if (current_ == nullptr && next_ != nullptr) promote_next();
  if (current_ == nullptr) return start(Role::kCurrent);
  const bool as_wanted = current_->record().started_with == wanted_;
  if (next_ != nullptr && (as_wanted || next_->record().started_with != wanted_))
    retire(std::move(next_), current_.get());
  if (as_wanted) return report(true, "");
  if (next_ != nullptr) return await_next();
  if (leaving_.empty() && !holding_off_) start(Role::kNext);  // else when its place is free
}

void Host::Proxy::start(Role role) {
  const auto is_taken = [this](int number) {
    const auto in = [number](const auto& it) { return it->instance().number() == number; };
    return (current_ != nullptr && current_->number() == number) ||
           std::any_of(leaving_.begin(), leaving_.end(), in);
  };
  int number = 0;
  while (number < kPlaces && is_taken(number)) ++number;
  if (number == kPlaces) return;  // one of them is about to end
  const Place at = place(number);
  StartWith with;
  with.argv = command_line(settings_.envoy, at, plan_.settings);
  with.bootstrap = settings_.bootstrap(plan_, at.node, at.admin_socket);
  with.record.started_with = wanted_;
  with.record.role = role;
  if (current_ != nullptr) with.record.older_sockets = listening_sockets(current_->record().pid);
  auto started = Instance::start(loop_, number, at, std::move(with), on_exit(number));
  const bool is_next = role == Role::kNext;
  if (!started)
    return is_next ? next_failed(started.error().message) : current_failed(started.error().message);
  log::info("infra", "{}: started Envoy, process {}{}", plan_.proxy, (*started)->record().pid,
            is_next ? ", to replace the one with other settings" : "");
  (is_next ? next_ : current_) = std::move(*started);
  is_next ? await_next() : report(true, "");
}

void Host::Proxy::await_next() {
  loop_.cancel(next_timer_);
  if (next_ == nullptr || stopping_) return;
  if (next_serves()) {
    promote_next();
    return report(true, "");
  }
  if (EventLoop::Clock::now() - next_->since() >= settings_.ready_timeout) {
    return give_up_next(fmt::format("it did not become ready within {} s; see {}",
                                    settings_.ready_timeout.count() / 1000, next_->place().log));
  }
  next_timer_ = loop_.after(kNextPoll, [this] { await_next(); });
}

// Whether it has every listener that the current one has.
bool Host::Proxy::next_serves() const {
  const Admin next(next_->place().admin_socket);
  if (!next.is_live()) return false;
  const auto wanted = Admin(current_->place().admin_socket).listeners();
  const auto actual = next.listeners();
  return actual &&
         (!wanted || std::includes(actual->begin(), actual->end(), wanted->begin(), wanted->end()));
}

void Host::Proxy::promote_next() {
  std::unique_ptr<Instance> before = std::exchange(current_, std::move(next_));
  // In this order: a Limen that starts between the two takes the next one for the current.
  if (before != nullptr) retire(std::move(before), current_.get());
  current_->set_role(Role::kCurrent);
  log::info("infra", "{}: Envoy, process {}, serves now", plan_.proxy, current_->record().pid);
}

void Host::Proxy::give_up_next(const std::string& why) {
  retire(std::move(next_), current_.get());
  next_failed(why);
}

void Host::Proxy::next_failed(const std::string& why) {
  const std::string message = fmt::format(
      "the new settings are not in effect: Envoy was started with them, but {}; the one "
      "with the settings before goes on serving",
      why);
  log::error("infra", "{}: {}", plan_.proxy, message);
  report(true, message);
  holding_off_ = true;
  loop_.cancel(retry_timer_);
  retry_timer_ = loop_.after(kHoldOff, [this] {
    holding_off_ = false;
    converge();
  });
}

void Host::Proxy::retire(std::unique_ptr<Instance> instance, const Instance* in_favour_of) {
  leaving_.push_back(std::make_unique<Retirement>(loop_, std::move(instance), plan_.proxy,
                                                  drain_timeout(plan_.settings)));
  in_favour_of == nullptr ? leaving_.back()->stop()
                          : leaving_.back()->hand_over(in_favour_of->record());
}

void Host::Proxy::stop() {
  stopping_ = true;
  loop_.cancel(retry_timer_);
  loop_.cancel(next_timer_);
  if (current_ != nullptr) retire(std::move(current_), nullptr);
  if (next_ != nullptr) retire(std::move(next_), nullptr);
  if (leaving_.empty()) loop_.post(gone_);
}

void Host::Proxy::end() {
  for (const auto& retirement : leaving_) retirement->end();
}

void Host::Proxy::ended(int number, const std::string& how) {
  const auto is_it = [number](const auto& it) { return it->instance().number() == number; };
  const auto leaving = std::find_if(leaving_.begin(), leaving_.end(), is_it);
  if (leaving != leaving_.end()) {
    log::info("infra", "{}: Envoy, process {}, has ended", plan_.proxy,
              (*leaving)->instance().record().pid);
    leaving_.erase(leaving);
    if (!stopping_) return converge();
    if (leaving_.empty()) loop_.post(gone_);  // it deletes this object
  } else if (next_ != nullptr && next_->number() == number) {
    next_.reset();
    loop_.cancel(next_timer_);
    next_failed(how);
  } else if (current_ != nullptr) {
    const auto lived = EventLoop::Clock::now() - current_->since();
    if (lived > kSettled) back_off_ = kFirstBackOff;
    current_.reset();
    for (const auto& retirement : leaving_) retirement->forget_staying();
    const bool wrong = lived < kTooShort && !looks_like_envoy(settings_.envoy);
    current_failed(wrong ? settings_.envoy + " is no Envoy: it does not answer --version as one"
                         : how);
  }
}

void Host::Proxy::current_failed(const std::string& why) {
  if (next_ != nullptr) return converge();
  log::warn("infra", "{}: {}; next try in {} ms", plan_.proxy, why, back_off_.count());
  report(false, why);
  loop_.cancel(retry_timer_);
  retry_timer_ = loop_.after(back_off_, [this] { converge(); });
  back_off_ = std::min(back_off_ * 2, kLongestBackOff);
}

void Host::Proxy::report(bool running, std::string message) {
  settings_.on_state({plan_.proxy, running, std::move(message)});
}

}  // namespace limen::infra

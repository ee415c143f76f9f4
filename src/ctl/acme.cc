#include "ctl/acme.h"

#include <fmt/format.h>

#include <algorithm>
#include <ctime>
#include <utility>

#include "acme/csr.h"
#include "base/log.h"
#include "base/metrics_text.h"
#include "base/strings.h"

namespace limen::ctl {
namespace {

// Envoy says that it has routes some moments before a new listener of it accepts connections.
constexpr std::chrono::milliseconds kGrace{500};
constexpr std::chrono::seconds kGraceOfReplicas{3};
constexpr int64_t kDay = int64_t{24} * 3600;

}  // namespace

api::ObjectKey key_of_secret(const std::string& name) {
  const size_t slash = name.find('/');
  return {Text(name.substr(0, slash)), Text(name.substr(slash + 1))};
}

api::Secret secret_of(const api::ObjectKey& key, const acme::StoredCertificate& certificate) {
  api::Secret secret;
  secret.metadata.name = key.name;
  secret.metadata.name_space = key.name_space;
  secret.metadata.labels[api::kCertificateLabel] = api::kCertificateOfAcme;
  secret.type = "kubernetes.io/tls";
  secret.string_data["tls.crt"] = certificate.pair.certificate;
  secret.string_data["tls.key"] = certificate.pair.key;
  return secret;
}

Acme::Acme(Control& control, acme::Storage& storage, AcmeSettings settings)
    : control_(control),
      settings_(std::move(settings)),
      storage_(storage),
      hooks_(control.loop(), settings_.hooks) {}

Acme::~Acme() { *alive_ = false; }

void Acme::set_active(bool active) {
  if (std::exchange(active_, active) == active) return;
  keeper_.reset();
  if (!active) return;
  acme::KeeperSettings settings;
  settings.send = [this](http::Request request, http::Client::Done done) {
    if (client_ == nullptr) client_ = std::make_unique<http::Client>(control_.loop());
    client_->send(std::move(request), std::move(done));
  };
  for (const auto& [hook, program] : settings_.hooks)
    settings.means += fmt::format("{}={}\n", hook, program);
  settings.on_certificate = [this](const std::string& name, const auto& certificate) {
    if (!settings_.on_certificate) return;
    later([this, name, certificate] { settings_.on_certificate(name, certificate); });
  };
  settings.on_state = [this](const std::string& name, const auto& state) {
    take_state(name, state);
  };
  acme::Solver& solver = *this;
  keeper_ = std::make_unique<acme::Keeper>(control_.loop(), storage_, solver, std::move(settings));
  for (const auto& [name, entry] : entries_) keeper_->want(name, entry.wanted->wanted);
}

// Called within a commit: what follows from it comes later.
void Acme::take(const translate::Output& output) {
  for (const translate::CertificateChange& change : output.certificates) {
    later([this, name = change.secret.text(), wanted = change.wanted] {
      if (wanted != nullptr) {
        entries_[name].wanted = wanted;
        if (keeper_ != nullptr) keeper_->want(name, wanted->wanted);
      } else if (entries_.erase(name) != 0) {
        if (keeper_ != nullptr) keeper_->forget(name);
        translate::Input input;
        input.certificates.push_back({key_of_secret(name), std::nullopt});
        control_.apply(input);
      }
    });
  }
}

void Acme::take_state(const std::string& name, const acme::CertificateState& state) {
  const auto it = entries_.find(name);
  if (it == entries_.end()) return;
  it->second.state = state;
  const bool waits = !told_.empty();
  told_[name] = state;
  if (!waits) later([this] { flush(); });
}

void Acme::flush() {
  translate::Input input;
  for (auto& [name, state] : std::exchange(told_, {}))
    input.certificates.push_back({key_of_secret(name), std::move(state)});
  control_.apply(input);
}

std::vector<std::string> Acme::proxies_of(const std::string& name) const {
  std::vector<std::string> result;
  for (const auto& [secret, entry] : entries_) {
    const auto& names = entry.wanted->wanted.names;
    if (std::find(names.begin(), names.end(), name) == names.end()) continue;
    result.insert(result.end(), entry.wanted->proxies.begin(), entry.wanted->proxies.end());
  }
  std::sort(result.begin(), result.end());
  result.erase(std::unique(result.begin(), result.end()), result.end());
  return result;
}

void Acme::present(const acme::Challenge& challenge, std::function<void(Status)> in_force) {
  if (challenge.type == acme::ChallengeType::kDns01)
    hooks_.present(challenge, std::move(in_force));
  else
    later([this, challenge, in_force = std::move(in_force)] { show(challenge, in_force); });
}

void Acme::show(const acme::Challenge& challenge, std::function<void(Status)> in_force) {
  translate::PendingChallenge pending{challenge, {}};
  if (challenge.type == acme::ChallengeType::kTlsAlpn01) {
    auto certificate = acme::challenge_certificate(challenge.name, challenge.key_authorization);
    if (!certificate) return in_force(certificate.error());
    pending.certificate = std::move(*certificate);
  }
  translate::Input input;
  for (const std::string& proxy : proxies_of(challenge.name))
    input.challenges.push_back({proxy, challenge.token, pending});
  shown_[challenge.token] = input.challenges;
  if (settings_.publish) return publish(input, std::move(in_force));
  control_.apply(input,
                 [this, alive = alive_, in_force = std::move(in_force)](const Status& taken) {
                   if (!*alive) return;
                   if (!taken) return in_force(taken);
                   control_.loop().after(kGrace, [alive, in_force] {
                     if (*alive) in_force(Status());
                   });
                 });
}

// Other replicas do not say when their Envoys have it.
void Acme::publish(const translate::Input& input, std::function<void(Status)> in_force) {
  control_.apply(input);
  publish_all([this, alive = alive_, in_force = std::move(in_force)](const Status& published) {
    if (!*alive) return;
    if (!published) return in_force(published);
    control_.loop().after(kGraceOfReplicas, [alive, in_force] {
      if (*alive) in_force(Status());
    });
  });
}

void Acme::publish_all(std::function<void(Status)> done) {
  std::vector<translate::ChallengeChange> all;
  for (const auto& [token, challenges] : shown_)
    all.insert(all.end(), challenges.begin(), challenges.end());
  settings_.publish(all, std::move(done));
}

void Acme::clean_up(const acme::Challenge& challenge) {
  if (challenge.type == acme::ChallengeType::kDns01) return hooks_.clean_up(challenge);
  later([this, token = challenge.token] {
    const auto it = shown_.find(token);
    if (it == shown_.end()) return;
    translate::Input input;
    for (translate::ChallengeChange change : it->second) {
      change.challenge.reset();
      input.challenges.push_back(std::move(change));
    }
    shown_.erase(it);
    control_.apply(input);
    if (!settings_.publish || !active_) return;
    publish_all([](const Status& published) {
      if (!published) log::warn("acme", "{}", published.error().message);
    });
  });
}

void Acme::later(std::function<void()> work) {
  control_.loop().post([alive = alive_, work = std::move(work)] {
    if (*alive) work();
  });
}

Json Acme::report() const {
  Json::Array all;
  const int64_t now = std::time(nullptr);
  for (const auto& [name, entry] : entries_) {
    const acme::CertificateState& state = entry.state;
    Json json{Json::Object{}};
    json.set("secret", name);
    json.set("names",
             Json::Array(entry.wanted->wanted.names.begin(), entry.wanted->wanted.names.end()));
    if (!state.directory.empty()) json.set("issuer", state.directory);
    if (state.not_after != 0) {
      json.set("notAfter", format_time(state.not_after));
      json.set("daysLeft", (state.not_after - now) / kDay);
      json.set("renewAt", format_time(state.renew_at));
    }
    if (state.busy) json.set("busy", true);
    if (!state.failure.empty()) json.set("failure", state.failure);
    if (state.next_try > now && state.next_try != INT64_MAX)
      json.set("nextTry", format_time(state.next_try));
    all.push_back(std::move(json));
  }
  return all;
}

std::string Acme::metrics() const {
  MetricsText text;
  const auto gauge = [&](const char* name, const char* help, auto value_of) {
    text.start_gauge(name, help);
    for (const auto& [secret, entry] : entries_) {
      const std::optional<int64_t> value = value_of(entry.state);
      if (value) text.sample({{"secret", secret}, {"issuer", entry.state.directory}}, *value);
    }
  };
  const auto time_of = [](int64_t time) { return time == 0 ? std::nullopt : std::optional(time); };
  gauge("limen_certificate_expiration_timestamp_seconds",
        "When the certificate in a Secret that Limen obtains expires.",
        [&](const acme::CertificateState& state) { return time_of(state.not_after); });
  gauge("limen_certificate_renewal_timestamp_seconds", "When Limen will renew it.",
        [&](const acme::CertificateState& state) {
          return time_of(state.not_after == 0 ? 0 : state.renew_at);
        });
  gauge("limen_certificate_ready", "1: there is one that has not expired.",
        [](const acme::CertificateState& state) {
          return std::optional<int64_t>(state.not_after != 0);
        });
  gauge("limen_certificate_failing", "1: the last attempt to obtain or renew it failed.",
        [](const acme::CertificateState& state) {
          return std::optional<int64_t>(!state.failure.empty());
        });
  return std::move(text).take();
}

}  // namespace limen::ctl

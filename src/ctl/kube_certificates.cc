#include "ctl/kube_certificates.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "api/limen/certificate_policy.h"
#include "base/json_text.h"
#include "base/log.h"
#include "base/strings.h"

namespace limen::ctl {
namespace {

constexpr char kDirectory[] = "limen.dev/acme-directory";  // annotation: where it is from
constexpr char kManagedBy[] = "app.kubernetes.io/managed-by";
constexpr char kAccount[] = "account", kChallenges[] = "challenges";  // values of the label
constexpr char kChallengesSecret[] = "limen-acme-challenges";
constexpr char kFailuresSecret[] = "limen-acme-failures", kFailures[] = "failures";
constexpr char kAccountKey[] = "key", kChallengesKey[] = "challenges";
constexpr int kConflict = 409;

const kube::Resource& secret_resource() {
  static const kube::Resource resource{"", "v1", "secrets"};
  return resource;
}

class Leadership : public acme::Storage::Lock {};

const Json* metadata_of(const Json& secret) { return secret.find("metadata"); }

std::string name_of(const Json& secret) {
  const Json* metadata = metadata_of(secret);
  if (metadata == nullptr) return {};
  return fmt::format("{}/{}", metadata->text("namespace"), metadata->text("name"));
}

// Of a certificate, in a Secret about several.  A namespace has no dot in its name.
std::string key_of(std::string name) {
  std::replace(name.begin(), name.end(), '/', '.');
  return name;
}

Json::Object data_of(const Json& secret) {
  const Json* data = secret.find("data");
  return data != nullptr && data->is_object() ? data->as_object() : Json::Object();
}

std::optional<std::string> value_of(const Json& secret, std::string_view key) {
  const Json* data = secret.find("data");
  if (data == nullptr || data->text(key).empty()) return std::nullopt;
  return decode_base64(data->text(key));
}

std::string text_of(const Json& secret, const char* part, const char* name) {
  const Json* metadata = metadata_of(secret);
  const Json* all = metadata == nullptr ? nullptr : metadata->find(part);
  return all == nullptr ? std::string() : std::string(all->text(name));
}

Json make_secret(const std::string& name, std::string_view type, std::string_view label,
                 const std::vector<std::pair<std::string, std::string>>& values) {
  const size_t slash = name.find('/');
  Json data{Json::Object{}};
  for (const auto& [key, value] : values) data.set(key, encode_base64(value));
  Json metadata{Json::Object{}};
  metadata.set("name", name.substr(slash + 1));
  metadata.set("namespace", name.substr(0, slash));
  metadata.set("labels", Json::Object{{api::kCertificateLabel, label}, {kManagedBy, "limen"}});
  return Json::Object{{"apiVersion", "v1"},
                      {"kind", "Secret"},
                      {"metadata", std::move(metadata)},
                      {"type", type},
                      {"data", std::move(data)}};
}

Json emit(const translate::ChallengeChange& change) {
  const acme::Challenge& challenge = change.challenge->challenge;
  const pki::KeyPair& pair = change.challenge->certificate;
  return Json::Object{{"proxy", change.proxy},
                      {"type", acme::name_of(challenge.type)},
                      {"name", challenge.name},
                      {"token", challenge.token},
                      {"keyAuthorization", challenge.key_authorization},
                      {"certificate", pair.certificate},
                      {"key", pair.key}};
}

translate::ChallengeChange read(const Json& json) {
  translate::PendingChallenge pending;
  pending.challenge.type = json.text("type") == acme::name_of(acme::ChallengeType::kTlsAlpn01)
                               ? acme::ChallengeType::kTlsAlpn01
                               : acme::ChallengeType::kHttp01;
  pending.challenge.name = json.text("name");
  pending.challenge.token = json.text("token");
  pending.challenge.key_authorization = json.text("keyAuthorization");
  pending.certificate = {std::string(json.text("certificate")), std::string(json.text("key"))};
  return {std::string(json.text("proxy")), std::string(json.text("token")), std::move(pending)};
}

}  // namespace

KubeCertificates::KubeCertificates(std::string name_space, std::vector<std::string> namespaces,
                                   Send send, std::function<void()> changed)
    : name_space_(std::move(name_space)),
      namespaces_(std::move(namespaces)),
      send_(std::move(send)),
      changed_(std::move(changed)) {}

std::vector<kube::Follow> KubeCertificates::follows() {
  std::vector<kube::Follow> result;
  if (namespaces_.empty()) {
    result.push_back(follow_of(""));
  } else {
    for (const std::string& name_space : namespaces_) result.push_back(follow_of(name_space));
    if (std::find(namespaces_.begin(), namespaces_.end(), name_space_) == namespaces_.end())
      result.push_back(follow_of(name_space_));
  }
  unlisted_ = result.size();
  return result;
}

kube::Follow KubeCertificates::follow_of(const std::string& name_space) {
  kube::Follow follow;
  follow.resource = secret_resource();
  follow.versions = {"v1"};
  follow.kind = "Secret";
  follow.name_space = name_space;
  follow.label_selector = api::kCertificateLabel;
  follow.take = [this, name_space, listed = false](const kube::Delivery& delivery) mutable {
    take(name_space, delivery);
    if (delivery.list_ends && !std::exchange(listed, true)) --unlisted_;
    if (ready()) changed_();
  };
  return follow;
}

void KubeCertificates::take(const std::string& name_space, const kube::Delivery& delivery) {
  std::vector<std::string>& names = listing_[name_space];
  if (delivery.list_begins) names.clear();
  const std::string challenges = name_space_ + "/" + kChallengesSecret;
  for (const kube::ObjectEvent& event : delivery.events) {
    const std::string name = name_of(event.object);
    names.push_back(name);
    if (event.deleted)
      secrets_.erase(name);
    else
      secrets_[name] = event.object;
    if (name == challenges) take_challenges(event.deleted ? nullptr : &event.object);
  }
  if (!delivery.list_ends) return;
  const std::string prefix = name_space.empty() ? "" : name_space + "/";
  std::erase_if(secrets_, [&](const auto& each) {
    return each.first.starts_with(prefix) &&
           std::find(names.begin(), names.end(), each.first) == names.end();
  });
  names.clear();
}

void KubeCertificates::take_challenges(const Json* secret) {
  challenges_.clear();
  const auto text = secret == nullptr ? std::nullopt : value_of(*secret, kChallengesKey);
  if (!text) return;
  const auto all = parse_json(*text);
  if (!all || !all->is_array()) return;
  for (const Json& each : all->as_array()) challenges_.push_back(read(each));
}

void KubeCertificates::save_challenges(const std::vector<translate::ChallengeChange>& all,
                                       Saved saved) {
  Json::Array list;
  for (const translate::ChallengeChange& change : all) list.push_back(emit(change));
  const std::string name = name_space_ + "/" + kChallengesSecret;
  write(name, make_secret(name, "Opaque", kChallenges, {{kChallengesKey, to_json(list)}}),
        std::move(saved));
}

Result<std::optional<std::string>> KubeCertificates::account_key(const std::string& account) {
  const auto it = secrets_.find(name_space_ + "/limen-acme-" + account);
  return it == secrets_.end() ? std::optional<std::string>() : value_of(it->second, kAccountKey);
}

void KubeCertificates::save_account_key(const std::string& account, const std::string& pem,
                                        Saved saved) {
  const std::string name = name_space_ + "/limen-acme-" + account;
  write(name, make_secret(name, "Opaque", kAccount, {{kAccountKey, pem}}), std::move(saved));
}

Result<std::optional<acme::StoredCertificate>> KubeCertificates::certificate(
    const std::string& name) {
  const auto it = secrets_.find(name);
  if (it == secrets_.end() ||
      text_of(it->second, "labels", api::kCertificateLabel) != api::kCertificateOfAcme)
    return std::optional<acme::StoredCertificate>();
  auto certificate = value_of(it->second, "tls.crt");
  auto key = value_of(it->second, "tls.key");
  if (!certificate || !key) return Error{fmt::format("Secret {} holds no certificate", name)};
  return std::optional(acme::StoredCertificate{{std::move(*certificate), std::move(*key)},
                                               text_of(it->second, "annotations", kDirectory)});
}

void KubeCertificates::save_certificate(const std::string& name,
                                        const acme::StoredCertificate& certificate, Saved saved) {
  Json secret =
      make_secret(name, "kubernetes.io/tls", api::kCertificateOfAcme,
                  {{"tls.crt", certificate.pair.certificate}, {"tls.key", certificate.pair.key}});
  secret.find("metadata")->set("annotations", Json::Object{{kDirectory, certificate.directory}});
  write(name, std::move(secret), std::move(saved));
}

std::string KubeCertificates::failures(const std::string& name) {
  if (const auto it = unsaved_.find(key_of(name)); it != unsaved_.end()) return it->second;
  const auto secret = secrets_.find(name_space_ + "/" + kFailuresSecret);
  if (secret == secrets_.end()) return {};
  return value_of(secret->second, key_of(name)).value_or("");
}

void KubeCertificates::save_failures(const std::string& name, const std::string& text) {
  unsaved_[key_of(name)] = text;
  write_failures();
}

// One write after the other: each is about what the one before has made, and about all that came
// up meanwhile.
void KubeCertificates::write_failures() {
  if (writing_failures_ || unsaved_.empty()) return;
  const std::string name = name_space_ + "/" + kFailuresSecret;
  std::map<std::string, std::string> all;
  if (const auto secret = secrets_.find(name); secret != secrets_.end()) {
    for (const auto& [key, value] : data_of(secret->second))
      all[key] = value_of(secret->second, key).value_or("");
  }
  for (const auto& [key, text] : std::exchange(unsaved_, {})) all[key] = text;
  std::erase_if(all, [](const auto& each) { return each.second.empty(); });
  writing_failures_ = true;
  write(name, make_secret(name, "Opaque", kFailures, {all.begin(), all.end()}),
        [this](const Status& saved) {
          writing_failures_ = false;
          if (!saved) log::warn("acme", "{}", saved.error().message);
          write_failures();
        });
}

// A Secret that is not known to be ours is made, never replaced: the API server refuses where there
// is one.
void KubeCertificates::write(const std::string& name, Json secret, Saved saved) {
  const std::string name_space = name.substr(0, name.find('/'));
  const auto known = secrets_.find(name);
  kube::Request request;
  if (known == secrets_.end()) {
    request = kube::create(secret_resource(), name_space, secret);
  } else {
    secret.find("metadata")
        ->set("resourceVersion", metadata_of(known->second)->text("resourceVersion"));
    request = kube::replace(secret_resource(), name_space, name.substr(name.find('/') + 1), secret);
  }
  send_(std::move(request), [this, name, saved = std::move(saved)](const kube::Answer& answer) {
    if (answer.ok()) secrets_[name] = answer.body;
    if (answer.ok()) return saved(Status());
    saved(Error{fmt::format(
        "Secret {}: {}", name,
        answer.status == kConflict ? "it exists already, or has been changed" : answer.message)});
  });
}

Result<std::unique_ptr<acme::Storage::Lock>> KubeCertificates::lock(const std::string&) {
  return std::unique_ptr<Lock>(std::make_unique<Leadership>());
}

}  // namespace limen::ctl

#include "infra/authority/authority_secrets.h"

#include <fmt/format.h>

#include <utility>

#include "base/log.h"
#include "base/strings.h"
#include "pki/certificate.h"

namespace limen::infra {
namespace {

constexpr char kCertificate[] = "tls.crt", kKey[] = "tls.key", kCa[] = "ca.crt";
constexpr char kNextCertificate[] = "next.crt", kNextKey[] = "next.key", kOld[] = "old.crt";
constexpr char kManagedBy[] = "app.kubernetes.io/managed-by";
constexpr char kLimen[] = "limen";
constexpr int kConflict = 409;

const kube::Resource& secret_resource() {
  static const kube::Resource resource{"", "v1", "secrets"};
  return resource;
}

// The value of one field; "": there is none.
Result<std::string> field(const Json& secret, const char* name) {
  const Json* data = secret.find("data");
  const std::string_view text = data == nullptr ? std::string_view() : data->text(name);
  auto value = decode_base64(text);
  if (!value) return Error{fmt::format("{} is not base64", name)};
  return std::move(*value);
}

Result<pki::KeyPair> read_pair(const Json& secret, const char* certificate_name,
                               const char* key_name) {
  auto certificate = field(secret, certificate_name);
  if (!certificate) return certificate.error();
  auto key = field(secret, key_name);
  if (!key) return key.error();
  for (const auto& [name, value] : {std::pair(certificate_name, &*certificate), {key_name, &*key}})
    if (value->empty()) return Error{fmt::format("{} is missing", name)};
  pki::KeyPair pair{std::move(*certificate), std::move(*key)};
  if (const Status good = pki::check_pair(pair); !good)
    return with_context(good.error(), fmt::format("{} and {}", certificate_name, key_name));
  return pair;
}

Status check_authority(const std::string& pem, const char* name) {
  const auto certificate = pki::read_certificate(pem);
  if (!certificate) return with_context(certificate.error(), name);
  if (certificate->is_authority) return {};
  return Error{fmt::format("{} is not the certificate of an authority (CA:TRUE)", name)};
}

Json new_secret(const std::string& name_space, const std::string& name) {
  const Json labels = Json::Object{{kManagedBy, kLimen}, {"app.kubernetes.io/name", kLimen}};
  const Json metadata = Json::Object{{"name", name}, {"namespace", name_space}, {"labels", labels}};
  return Json::Object{{"apiVersion", "v1"},
                      {"kind", "Secret"},
                      {"metadata", metadata},
                      {"type", "kubernetes.io/tls"}};
}

// What cannot be used leaves the last good one in force.
template <class T>
Status use(Result<T> read, std::optional<T>& in_force) {
  if (!read) return read.error();
  in_force = std::move(*read);
  return {};
}

bool is_ours(const Json& secret) {
  const Json* metadata = secret.find("metadata");
  const Json* labels = metadata == nullptr ? nullptr : metadata->find("labels");
  return labels != nullptr && labels->text(kManagedBy) == kLimen;
}

}  // namespace

Json data_of(const Authority& authority) {
  Json data = Json::Object{{kCertificate, encode_base64(authority.signer.certificate)},
                           {kKey, encode_base64(authority.signer.key)}};
  if (authority.next) {
    data.set(kNextCertificate, encode_base64(authority.next->certificate));
    data.set(kNextKey, encode_base64(authority.next->key));
  }
  if (!authority.old.empty()) data.set(kOld, encode_base64(authority.old));
  return data;
}

Json data_of(const Credentials& credentials) {
  return Json::Object{{kCertificate, encode_base64(credentials.certificate)},
                      {kKey, encode_base64(credentials.key)},
                      {kCa, encode_base64(credentials.ca)}};
}

Result<Authority> read_authority(const Json& secret) {
  auto signer = read_pair(secret, kCertificate, kKey);
  if (!signer) return signer.error();
  if (const Status good = check_authority(signer->certificate, kCertificate); !good)
    return good.error();
  auto old = field(secret, kOld);
  if (!old) return old.error();
  if (!old->empty()) {
    if (const Status good = check_authority(*old, kOld); !good) return good.error();
  }
  Authority authority{std::move(*signer), std::nullopt, std::move(*old)};
  const Json* data = secret.find("data");
  if (data == nullptr || data->find(kNextCertificate) == nullptr) return authority;
  auto next = read_pair(secret, kNextCertificate, kNextKey);
  if (!next) return next.error();
  if (const Status good = check_authority(next->certificate, kNextCertificate); !good)
    return good.error();
  authority.next = std::move(*next);
  return authority;
}

Result<Credentials> read_credentials(const Json& secret) {
  auto pair = read_pair(secret, kCertificate, kKey);
  if (!pair) return pair.error();
  auto ca = field(secret, kCa);
  if (!ca) return ca.error();
  if (ca->empty()) return Error{fmt::format("{} is missing", kCa)};
  if (const Status good = check_authority(*ca, kCa); !good) return good.error();
  return Credentials{std::move(pair->certificate), std::move(pair->key), std::move(*ca)};
}

AuthoritySecrets::AuthoritySecrets(AuthoritySecretsSettings settings, EventLoop& loop, Send send,
                                   std::function<void()> changed)
    : settings_(std::move(settings)),
      loop_(loop),
      send_(std::move(send)),
      changed_(std::move(changed)) {
  look_again(settings_.check);
}

AuthoritySecrets::~AuthoritySecrets() { loop_.cancel(timer_); }

std::vector<kube::Follow> AuthoritySecrets::follows() {
  std::vector<kube::Follow> result;
  for (Secret* secret : {&ca_secret_, &server_secret_}) {
    kube::Follow follow;
    follow.resource = secret_resource();
    follow.versions = {"v1"};
    follow.kind = "Secret";
    follow.name_space = settings_.name_space;
    follow.field_selector = "metadata.name=" + secret->name;
    follow.take = [this, secret](kube::Delivery delivery) { take(*secret, std::move(delivery)); };
    result.push_back(std::move(follow));
  }
  return result;
}

void AuthoritySecrets::set_active(bool active) {
  active_ = active;
  act();
}

Result<Credentials> AuthoritySecrets::issue(const std::string& proxy) const {
  return infra::issue(*authority_, proxy_holder(proxy), settings_.authority, settings_.now());
}

std::string AuthoritySecrets::reason_to_renew(const Credentials& present,
                                              const std::string& proxy) const {
  return infra::reason_to_renew(present, *authority_, proxy_holder(proxy), settings_.now());
}

void AuthoritySecrets::take(Secret& secret, kube::Delivery delivery) {
  if (delivery.list_begins) secret.listed = false;
  for (kube::ObjectEvent& event : delivery.events) {
    secret.listed = !event.deleted;
    see(secret, event.deleted ? Json() : std::move(event.object));
  }
  if (delivery.list_ends) {
    if (!secret.listed) see(secret, Json());
    secret.is_known = true;
  }
  act();
}

void AuthoritySecrets::see(Secret& secret, Json object) {
  secret.object = std::move(object);
  if (secret.object.is_null()) return;
  const bool was_ready = ready();
  const auto before = std::pair(authority_, server_);
  const Status usable = &secret == &ca_secret_ ? use(read_authority(secret.object), authority_)
                                               : use(read_credentials(secret.object), server_);
  say(secret, usable ? "" : usable.error().message);
  if (ready() && (!was_ready || before != std::pair(authority_, server_))) changed_();
}

void AuthoritySecrets::act() {
  keep_authority();
  keep_server();
}

bool AuthoritySecrets::may_write(const Secret& secret) const {
  if (!secret.is_known || secret.under_way) return false;
  return secret.object.is_null() || (active_ && is_ours(secret.object));
}

void AuthoritySecrets::keep_authority() {
  if (!may_write(ca_secret_)) return;
  if (ca_secret_.object.is_null()) {
    const auto made = make_authority(settings_.authority, settings_.now());
    if (!made) return say(ca_secret_, made.error().message);
    return write(ca_secret_, data_of(*made), "it is missing");
  }
  if (!read_authority(ca_secret_.object)) return;  // nobody knows what to make of it
  const auto advanced = advance(*authority_, settings_.authority, settings_.now());
  if (!advanced) return say(ca_secret_, advanced.error().message);
  if (*advanced) write(ca_secret_, data_of(**advanced), "it is time");
}

void AuthoritySecrets::keep_server() {
  // Of an authority that is about to change nothing is issued.
  if (!may_write(server_secret_) || !authority_ || ca_secret_.object.is_null()) return;
  const Holder holder = server_holder(settings_.name_space);
  const auto now = settings_.now();
  std::string why = "it is missing";
  if (!server_secret_.object.is_null()) {
    const auto present = read_credentials(server_secret_.object);
    why = present ? infra::reason_to_renew(*present, *authority_, holder, now)
                  : present.error().message;
    if (why.empty()) return;
  }
  const auto issued = infra::issue(*authority_, holder, settings_.authority, now);
  if (!issued) return say(server_secret_, issued.error().message);
  write(server_secret_, data_of(*issued), why);
}

void AuthoritySecrets::write(Secret& secret, Json data, const std::string& why) {
  const bool is_new = secret.object.is_null();
  Json object = is_new ? new_secret(settings_.name_space, secret.name) : secret.object;
  object.set("data", std::move(data));
  const std::string done =
      fmt::format("{} was {}: {}", full_name(secret), is_new ? "made" : "renewed", why);
  secret.under_way = true;
  send_(is_new ? kube::create(secret_resource(), settings_.name_space, object)
               : kube::replace(secret_resource(), settings_.name_space, secret.name, object),
        [this, &secret, done](const kube::Answer& answer) { on_written(secret, done, answer); });
}

void AuthoritySecrets::on_written(Secret& secret, const std::string& done,
                                  const kube::Answer& answer) {
  secret.under_way = false;
  if (answer.ok()) {
    log::info("pki", "{}", done);
    see(secret, answer.body);
    return act();
  }
  // Another was first: what it wrote comes by the watch.
  if (answer.status != kConflict) say(secret, answer.message);
  look_again(settings_.retry);
}

void AuthoritySecrets::look_again(std::chrono::milliseconds delay) {
  loop_.cancel(timer_);
  timer_ = loop_.after(delay, [this] {
    look_again(settings_.check);
    act();
    if (ready()) changed_();  // credentials of proxies may be due
  });
}

// Once, however often it is seen; "": it is over.
void AuthoritySecrets::say(Secret& secret, const std::string& trouble) {
  if (std::exchange(secret.said, trouble) == trouble || trouble.empty()) return;
  log::error("pki", "{}: {}", full_name(secret), trouble);
}

std::string AuthoritySecrets::full_name(const Secret& secret) const {
  return fmt::format("Secret {}/{}", settings_.name_space, secret.name);
}

}  // namespace limen::infra

#include "infra/authority/cookie_secret.h"

#include <fmt/format.h>
#include <openssl/rand.h>

#include <cstdlib>
#include <utility>

#include "base/log.h"
#include "base/strings.h"

namespace limen::infra {
namespace {

constexpr size_t kKeyBytes = 32, kLeastKeyBytes = 16;
constexpr int kConflict = 409;

const kube::Resource& secret_resource() {
  static const kube::Resource resource{"", "v1", "secrets"};
  return resource;
}

Json new_secret(const std::string& name_space) {
  const Json labels =
      Json::Object{{"app.kubernetes.io/managed-by", "limen"}, {"app.kubernetes.io/name", "limen"}};
  return Json::Object{
      {"apiVersion", "v1"},
      {"kind", "Secret"},
      {"metadata",
       Json::Object{{"name", kCookieSecret}, {"namespace", name_space}, {"labels", labels}}},
      {"type", "Opaque"},
      {"data", Json::Object{{kCookieKey, encode_base64(make_cookie_key())}}}};
}

}  // namespace

std::string make_cookie_key() {
  std::string key(kKeyBytes, '\0');
  // Without random numbers there is no secret.
  if (RAND_bytes(reinterpret_cast<unsigned char*>(key.data()), static_cast<int>(key.size())) != 1)
    std::abort();
  return key;
}

bool is_cookie_key(const std::string& key) { return key.size() >= kLeastKeyBytes; }

CookieSecret::CookieSecret(CookieSecretSettings settings, EventLoop& loop, Send send,
                           std::function<void(const std::string&)> changed)
    : settings_(std::move(settings)),
      loop_(loop),
      send_(std::move(send)),
      changed_(std::move(changed)) {}

CookieSecret::~CookieSecret() { loop_.cancel(timer_); }

kube::Follow CookieSecret::follow() {
  kube::Follow follow;
  follow.resource = secret_resource();
  follow.versions = {"v1"};
  follow.kind = "Secret";
  follow.name_space = settings_.name_space;
  follow.field_selector = std::string("metadata.name=") + kCookieSecret;
  follow.take = [this](const kube::Delivery& delivery) { take(delivery); };
  return follow;
}

void CookieSecret::take(const kube::Delivery& delivery) {
  if (delivery.list_begins) listed_ = false;
  for (const kube::ObjectEvent& event : delivery.events) {
    listed_ = there_ = !event.deleted;
    if (there_)
      see(event.object);
    else
      make();
  }
  if (!delivery.list_ends || listed_) return;
  there_ = false;
  make();
}

void CookieSecret::see(const Json& secret) {
  there_ = true;
  const Json* data = secret.find("data");
  const auto key = decode_base64(data == nullptr ? std::string_view() : data->text(kCookieKey));
  if (!key || !is_cookie_key(*key))
    return say(fmt::format("{} is missing or shorter than {} bytes", kCookieKey, kLeastKeyBytes));
  say("");
  if (std::exchange(key_, *key) != *key) changed_(key_);
}

void CookieSecret::make() {
  if (there_ || std::exchange(under_way_, true)) return;
  send_(kube::create(secret_resource(), settings_.name_space, new_secret(settings_.name_space)),
        [this](const kube::Answer& answer) {
          under_way_ = false;
          if (answer.ok()) {
            log::info("oidc", "Secret {}/{} was made", settings_.name_space, kCookieSecret);
            return see(answer.body);
          }
          if (answer.status == kConflict) return;  // another was first: it comes by the watch
          say(answer.message);
          timer_ = loop_.after(settings_.retry, [this] { make(); });
        });
}

// Once, however often it is seen; "": it is over.
void CookieSecret::say(const std::string& trouble) {
  if (std::exchange(said_, trouble) == trouble || trouble.empty()) return;
  log::error("oidc", "Secret {}/{}: {}", settings_.name_space, kCookieSecret, trouble);
}

}  // namespace limen::infra

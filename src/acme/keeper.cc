#include "acme/keeper.h"

#include <fmt/format.h>

#include "acme/upkeep.h"
#include "base/hash.h"
#include "base/strings.h"

namespace limen::acme {
namespace {

// An account at a CA is bound to an external one, and has an e-mail address: others are others.
std::string name_of(const AccountSettings& account) {
  const std::string& url = account.directory_url;
  const size_t begin = url.find("//") == std::string::npos ? 0 : url.find("//") + 2;
  const std::string host = url.substr(begin, url.find_first_of(":/", begin) - begin);
  const auto& external = account.external_account;
  const std::string all =
      fmt::format("{}\n{}\n{}", url, account.email, external ? external->key_id : "");
  return fmt::format("{}-{}", host, hex(hash_bytes(all)));
}

// A session has all settings, also those that do not make another account.
std::string session_of(const AccountSettings& account) {
  const auto& external = account.external_account;
  const uint64_t rest = hash_bytes(account.authorities, hash_bytes(external ? external->key : ""));
  return fmt::format("{}-{}", name_of(account), hex(rest));
}

}  // namespace

Keeper::Keeper(EventLoop& loop, Storage& storage, Solver& solver, KeeperSettings settings)
    : loop_(loop), storage_(storage), solver_(solver), settings_(std::move(settings)) {}

Keeper::~Keeper() = default;

void Keeper::want(const std::string& name, const Wanted& wanted) {
  std::shared_ptr<Upkeep>& upkeep = upkeeps_[name];
  if (upkeep != nullptr && upkeep->wanted() == wanted) return;
  upkeep = std::make_shared<Upkeep>(*this, name, wanted);
  upkeep->start();
}

void Keeper::forget(const std::string& name) { upkeeps_.erase(name); }

void Keeper::with_session(const AccountSettings& account, const WithSession& done) {
  const std::string name = name_of(account);
  std::shared_ptr<Session>& session = sessions_[session_of(account)];
  if (session != nullptr) return done(session);
  const auto pem = storage_.account_key(name);
  if (!pem) return done(Failure{pem.error().message, {}});
  auto key = *pem ? PrivateKey::read(**pem) : PrivateKey::make(KeyType::kEcdsaP256);
  if (!key) return done(Failure{"the account's key: " + key.error().message, {}});
  session = std::make_shared<Session>(loop_, settings_.send, account, *key);
  if (*pem) return done(session);
  const auto text = key->pem();
  if (!text) return done(Failure{text.error().message, {}});
  storage_.save_account_key(name, *text, [session, done](const Status& saved) {
    if (!saved) return done(Failure{"the account's key: " + saved.error().message, {}});
    done(session);
  });
}

void Keeper::drop_session(const AccountSettings& account) { sessions_.erase(session_of(account)); }

}  // namespace limen::acme

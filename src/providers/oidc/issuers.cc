#include "providers/oidc/issuers.h"

#include <absl/strings/match.h>
#include <absl/strings/str_split.h>
#include <fmt/format.h>

#include <random>
#include <utility>

#include "base/files.h"
#include "base/json_text.h"
#include "base/log.h"
#include "base/url.h"

namespace limen::providers {
namespace {

constexpr int kOk = 200;
constexpr size_t kLongestFile = 4u << 20;
constexpr size_t kLongestName = 253;  // of an issuer, in a message

std::string document_of(const std::string& issuer) {
  const std::string base = issuer.ends_with('/') ? issuer.substr(0, issuer.size() - 1) : issuer;
  return base + "/.well-known/openid-configuration";
}

// "": it may be missing.
Status read_endpoint(const Json& document, const char* name, bool must_be_tls, std::string& out) {
  out = document.text(name);
  if (out.empty()) return {};
  const std::optional<Url> url = parse_url(out);
  if (!url) return Error{fmt::format("{} is no URL of http or https", name)};
  if (must_be_tls && !url->https)
    return Error{fmt::format("{} is not of https, as the issuer is", name)};
  return {};
}

// Up to a quarter more, so that many do not come at the same time.
std::chrono::milliseconds spread(std::chrono::milliseconds delay) {
  static std::minstd_rand random{std::random_device()()};
  std::uniform_int_distribution<int64_t> more(0, delay.count() / 4);
  return delay + std::chrono::milliseconds(more(random));
}

}  // namespace

Result<translate::OidcEndpoints> read_discovery(const std::string& issuer,
                                                const http::Response& response) {
  if (response.status != kOk) return Error{fmt::format("the answer is {}", response.status)};
  const Result<Json> document = parse_json(response.body);
  if (!document || !document->is_object()) return Error{"the answer is no JSON object"};
  const std::string_view name = document->text("issuer");
  if (name != issuer)
    return Error{
        fmt::format("it is the document of the issuer '{}'", name.substr(0, kLongestName))};
  const bool tls = absl::StartsWith(issuer, "https:");
  translate::OidcEndpoints endpoints;
  for (const auto& [member, out] : {std::pair("authorization_endpoint", &endpoints.authorization),
                                    {"token_endpoint", &endpoints.token},
                                    {"end_session_endpoint", &endpoints.end_session}}) {
    if (Status read = read_endpoint(*document, member, tls, *out); !read) return read.error();
  }
  if (endpoints.authorization.empty()) return Error{"authorization_endpoint is missing"};
  if (endpoints.token.empty()) return Error{"token_endpoint is missing"};
  return endpoints;
}

Issuers::Issuers(IssuersSettings settings, EventLoop& loop, Send send, Tell tell)
    : settings_(std::move(settings)), loop_(loop), send_(std::move(send)), tell_(std::move(tell)) {
  if (!settings_.file.empty()) read_file();
}

Issuers::~Issuers() {
  for (const auto& [name, issuer] : issuers_) loop_.cancel(issuer.timer);
}

Issuers::Issuer Issuers::fresh() const {
  return {.trust = nullptr,
          .endpoints = {},
          .known_by = {},
          .trouble = {},
          .backoff = kube::Backoff(settings_.retry)};
}

std::vector<translate::OidcIssuer> Issuers::remembered() const {
  std::vector<translate::OidcIssuer> result;
  for (const auto& [name, issuer] : issuers_) {
    if (issuer.endpoints) result.push_back({name, issuer.endpoints});
  }
  return result;
}

void Issuers::want(const Name& name, const std::shared_ptr<const translate::IssuerTrust>& trust) {
  const auto [place, is_new] = issuers_.try_emplace(name, fresh());
  Issuer& issuer = place->second;
  const auto before = std::exchange(issuer.trust, trust);
  if (before == trust || (before != nullptr && trust != nullptr && *before == *trust)) return;
  loop_.cancel(issuer.timer);
  if (issuer.under_way) issuer.outdated = true;
  if (trust != nullptr) return ask(name);
  if (!issuer.under_way) issuers_.erase(place);  // else when the answer comes
}

bool Issuers::settled() const {
  return std::all_of(issuers_.begin(), issuers_.end(), [](const auto& entry) {
    const Issuer& issuer = entry.second;
    return issuer.trust == nullptr || issuer.endpoints || !issuer.trouble.empty();
  });
}

void Issuers::ask(const Name& name) {
  Issuer& issuer = issuers_.at(name);
  if (issuer.under_way || std::exchange(issuer.waits, true)) return;
  waiting_.push_back(name);
  ask_next();
}

void Issuers::ask_next() {
  while (under_way_ < settings_.at_once && !waiting_.empty()) {
    const Name name = std::move(waiting_.front());
    waiting_.pop_front();
    const auto place = issuers_.find(name);
    if (place == issuers_.end() || !std::exchange(place->second.waits, false)) continue;
    send(name, place->second);
  }
}

void Issuers::send(const Name& name, Issuer& issuer) {
  issuer.under_way = true;
  ++under_way_;
  http::Request request;
  request.url = document_of(name.issuer);
  request.headers = {{"Accept", "application/json"}};
  request.patience = settings_.patience;
  request.authorities = issuer.trust->authorities;
  request.verify = issuer.trust->verify;
  send_(std::move(request), [this, name](const auto& answer) { on_answer(name, answer); });
}

void Issuers::on_answer(const Name& name, const Result<http::Response>& answer) {
  --under_way_;
  const auto place = issuers_.find(name);
  Issuer& issuer = place->second;
  issuer.under_way = false;
  const bool outdated = std::exchange(issuer.outdated, false);
  if (issuer.trust == nullptr) {
    issuers_.erase(place);
  } else if (outdated) {
    ask(name);
  } else {
    auto endpoints = answer ? read_discovery(name.issuer, *answer) : answer.error();
    if (endpoints)
      learn(name, issuer, std::move(*endpoints));
    else
      fail(name, issuer, endpoints.error().message);
  }
  ask_next();
}

void Issuers::learn(const Name& name, Issuer& issuer, translate::OidcEndpoints endpoints) {
  issuer.backoff.reset();
  issuer.trouble.clear();
  ask_after(name, issuer, spread(settings_.refresh));
  if (issuer.endpoints == endpoints && issuer.known_by == *issuer.trust) return;
  const bool is_new = std::exchange(issuer.endpoints, std::move(endpoints)) != issuer.endpoints;
  issuer.known_by = *issuer.trust;
  write_file();
  if (!is_new) return;
  log::info("oidc", "{}: its endpoints are known", name.issuer);
  tell_({name, issuer.endpoints});
}

void Issuers::fail(const Name& name, Issuer& issuer, const std::string& trouble) {
  ask_after(name, issuer, issuer.backoff.next());
  const bool is_believed = issuer.endpoints && issuer.known_by == *issuer.trust;
  const std::string text = fmt::format("asking {}: {}", document_of(name.issuer), trouble);
  if (std::exchange(issuer.trouble, text) == text && is_believed == issuer.endpoints.has_value())
    return;
  log::warn("oidc", "{}{}", text, is_believed ? "; the endpoints that are known stay in use" : "");
  if (is_believed) return;
  if (std::exchange(issuer.endpoints, std::nullopt)) write_file();
  tell_({name, std::nullopt, text});
}

void Issuers::ask_after(const Name& name, Issuer& issuer, std::chrono::milliseconds delay) {
  issuer.timer = loop_.after(delay, [this, name] { ask(name); });
}

// A member is "<issuer>", or "<issuer> <backend>".
void Issuers::read_file() {
  const Result<std::string> text = limen::read_file(settings_.file, kLongestFile);
  const Result<Json> known = text ? parse_json(*text) : Error{};
  if (!known || !known->is_object()) return;
  for (const auto& [name, value] : known->as_object()) {
    Issuer issuer = fresh();
    issuer.endpoints = {std::string(value.text("authorization")), std::string(value.text("token")),
                        std::string(value.text("endSession"))};
    if (issuer.endpoints->authorization.empty() || issuer.endpoints->token.empty()) continue;
    const Json* verify = value.find("verify");
    issuer.known_by = {std::string(value.text("authorities")),
                       verify == nullptr || !verify->is_bool() || verify->as_bool()};
    const std::pair<std::string, std::string> parts = absl::StrSplit(name, absl::MaxSplits(' ', 1));
    issuers_.try_emplace({parts.first, parts.second}, std::move(issuer));
  }
}

// Of those that are wanted.
void Issuers::write_file() const {
  if (settings_.file.empty()) return;
  Json known{Json::Object{}};
  for (const auto& [name, issuer] : issuers_) {
    if (issuer.trust == nullptr || !issuer.endpoints) continue;
    Json entry{Json::Object{{"authorization", issuer.endpoints->authorization},
                            {"token", issuer.endpoints->token},
                            {"endSession", issuer.endpoints->end_session}}};
    if (!issuer.known_by.authorities.empty()) entry.set("authorities", issuer.known_by.authorities);
    if (!issuer.known_by.verify) entry.set("verify", false);
    known.set(name.backend.empty() ? name.issuer : name.issuer + " " + name.backend,
              std::move(entry));
  }
  if (const Status written = limen::write_file(settings_.file, to_json(known, 2), 0600); !written)
    log::warn("oidc", "{}", written.error().message);
}

}  // namespace limen::providers

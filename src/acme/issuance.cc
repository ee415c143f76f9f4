#include "acme/issuance.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "acme/csr.h"
#include "pki/certificate.h"

namespace limen::acme {
namespace {

using std::chrono::milliseconds;
constexpr milliseconds kFirstPause{200}, kLongestPause{15'000};
constexpr std::chrono::minutes kPatience{10};  // for what a CA looks into

std::string list_of(const std::vector<ChallengeType>& types) {
  std::string text;
  for (const ChallengeType type : types)
    text += fmt::format("{}{}", text.empty() ? "" : ", ", name_of(type));
  return text;
}

Json order_of(const OrderRequest& request, const Directory& directory) {
  Json::Array identifiers;
  for (const std::string& name : request.names)
    identifiers.push_back(Json::Object{{"type", "dns"}, {"value", name}});
  Json json{Json::Object{}};
  json.set("identifiers", std::move(identifiers));
  if (!request.profile.empty()) json.set("profile", request.profile);
  if (!request.replaces.empty() && !directory.renewal_info.empty())
    json.set("replaces", request.replaces);
  return json;
}

}  // namespace

Issuance::Issuance(EventLoop& loop, std::shared_ptr<Session> session, Solver& solver,
                   OrderRequest request, Done done)
    : loop_(loop),
      session_(std::move(session)),
      solver_(solver),
      request_(std::move(request)),
      done_(std::move(done)) {}

Issuance::~Issuance() {
  for (const Challenge& challenge : presented_) solver_.clean_up(challenge);
}

void Issuance::start() {
  const Directory& directory = session_->directory();
  if (!request_.profile.empty() && !directory.offers(request_.profile)) {
    return fail({fmt::format("the CA does not offer the profile '{}'", request_.profile),
                 "invalidProfile"});
  }
  place_order();
}

void Issuance::place_order() {
  session_->post(session_->directory().new_order, order_of(request_, session_->directory()),
                 [weak = weak_from_this()](Outcome outcome) {
                   if (const auto self = weak.lock()) self->take_order(std::move(outcome));
                 });
}

void Issuance::take_order(Outcome outcome) {
  if (auto* failure = std::get_if<Failure>(&outcome)) {
    // RFC 9773, 5: the certificate is replaced already, or none of this account's.
    if (request_.replaces.empty() || failure->type == "rateLimited") return fail(*failure);
    request_.replaces.clear();
    return place_order();
  }
  const Reply& reply = std::get<Reply>(outcome);
  auto order = read_order(reply.body);
  if (!order) return fail({order.error().message, {}});
  if (!reply.location.starts_with("https://")) return fail({"the order has no URL", {}});
  order_url_ = reply.location;
  order_ = std::move(*order);
  open_authorizations_ = order_.authorizations.size();
  for (const std::string& url : std::vector<std::string>(order_.authorizations)) authorize(url);
}

void Issuance::authorize(const std::string& url) {
  ask(url, std::nullopt, [this, url](const Reply& reply) { take_authorization(url, reply); });
}

void Issuance::take_authorization(const std::string& url, const Reply& reply) {
  const auto authorization = read_authorization(reply.body);
  if (!authorization) return fail({authorization.error().message, {}});
  switch (authorization->status) {
    case AuthorizationStatus::kValid: return finish_one();
    case AuthorizationStatus::kInvalid:
      return fail({fmt::format("{}: the CA's authorization has ended", authorization->name), {}});
    case AuthorizationStatus::kPending: break;
  }
  answer(*authorization, url);
}

void Issuance::answer(const Authorization& authorization, const std::string& url) {
  const OfferedChallenge* chosen = nullptr;
  for (const ChallengeType type : request_.challenges) {
    for (const OfferedChallenge& offered : authorization.challenges) {
      if (chosen == nullptr && offered.type == type) chosen = &offered;
    }
  }
  if (chosen == nullptr) {
    return fail({fmt::format("{}: the CA offers none of the challenges {}", authorization.name,
                             list_of(request_.challenges)),
                 {}});
  }
  const Challenge challenge{chosen->type, authorization.name, chosen->token,
                            key_authorization(session_->key(), chosen->token),
                            chosen->type == ChallengeType::kDns01 ? request_.dns_hook : ""};
  presented_.push_back(challenge);
  const auto in_force = [weak = weak_from_this(), url, challenge_url = chosen->url,
                         name = authorization.name](const Status& status) {
    const auto self = weak.lock();
    if (self == nullptr || !self->done_) return;
    if (!status) return self->fail({name + ": " + status.error().message, {}});
    self->ask(challenge_url, Json(Json::Object{}), [raw = self.get(), url](const Reply&) {
      raw->poll_again(raw->begin_poll(url), {}, [raw](const Poll& poll, const Reply& reply) {
        raw->take_verdict(poll, reply);
      });
    });
  };
  solver_.present(challenge, in_force);
}

void Issuance::take_verdict(const Poll& poll, const Reply& reply) {
  const auto authorization = read_authorization(reply.body);
  if (!authorization) return fail({authorization.error().message, {}});
  switch (authorization->status) {
    case AuthorizationStatus::kValid: return finish_one();
    case AuthorizationStatus::kInvalid: {
      const auto& error = authorization->error;
      return fail({fmt::format("{}: {}", authorization->name,
                               error ? error->text : "the CA refuses it without a reason"),
                   error ? error->type : std::string()});
    }
    case AuthorizationStatus::kPending: break;
  }
  poll_again(poll, reply.retry_after,
             [this](const Poll& next, const Reply& later) { take_verdict(next, later); });
}

void Issuance::finish_one() {
  if (--open_authorizations_ == 0) make_key();
}

// RSA keys take long.
void Issuance::make_key() {
  const KeyType type = request_.key_type;
  if (type == KeyType::kEcdsaP256 || type == KeyType::kEcdsaP384)
    return finalize(PrivateKey::make(type));
  maker_ = std::jthread([weak = weak_from_this(), &loop = loop_, type] {
    loop.post([weak, key = PrivateKey::make(type)] {
      if (const auto self = weak.lock()) self->finalize(key);
    });
  });
}

void Issuance::finalize(Result<PrivateKey> key) {
  if (!key) return fail({key.error().message, {}});
  key_ = std::move(*key);
  const auto csr = make_csr(*key_, request_.names);
  if (!csr) return fail({csr.error().message, {}});
  Json json{Json::Object{}};
  json.set("csr", encode_base64url(*csr));
  ask(order_.finalize, std::move(json),
      [this](const Reply& reply) { take_finalized(begin_poll(order_url_), reply); });
}

void Issuance::take_finalized(const Poll& poll, const Reply& reply) {
  auto order = read_order(reply.body);
  if (!order) return fail({order.error().message, {}});
  switch (order->status) {
    case OrderStatus::kValid: return download(order->certificate);
    case OrderStatus::kInvalid:
      return fail({order->error ? order->error->text : "the CA has refused the order",
                   order->error ? order->error->type : std::string()});
    case OrderStatus::kPending:
    case OrderStatus::kReady:
    case OrderStatus::kProcessing: break;
  }
  poll_again(poll, reply.retry_after,
             [this](const Poll& next, const Reply& later) { take_finalized(next, later); });
}

void Issuance::download(const std::string& url) {
  ask(url, std::nullopt, [this](const Reply& reply) {
    auto key_pem = key_->pem();
    if (!key_pem) return fail({key_pem.error().message, {}});
    pki::KeyPair pair{reply.text, std::move(*key_pem)};
    if (Status fits = pki::check_pair(pair); !fits)
      return fail({"what the CA has issued: " + fits.error().message, {}});
    end(std::move(pair));
  });
}

void Issuance::ask(const std::string& url, std::optional<Json> payload,
                   std::function<void(const Reply&)> then) {
  session_->post(url, std::move(payload),
                 [weak = weak_from_this(), then = std::move(then)](const Outcome& outcome) {
                   const auto self = weak.lock();
                   if (self == nullptr || !self->done_) return;
                   if (const auto* failure = std::get_if<Failure>(&outcome))
                     return self->fail(*failure);
                   then(std::get<Reply>(outcome));
                 });
}

Issuance::Poll Issuance::begin_poll(const std::string& url) const {
  return {url, kFirstPause, Clock::now() + kPatience};
}

void Issuance::poll_again(Poll poll, std::chrono::seconds wish,
                          std::function<void(const Poll&, const Reply&)> then) {
  if (Clock::now() >= poll.until) {
    return fail({fmt::format("the CA has not decided within {} minutes", kPatience.count()), {}});
  }
  const milliseconds pause =
      std::max<milliseconds>(poll.pause, std::min<milliseconds>(wish, kPatience));
  poll.pause = std::min(poll.pause * 2, kLongestPause);
  loop_.after(pause, [weak = weak_from_this(), poll = std::move(poll), then = std::move(then)] {
    const auto self = weak.lock();
    if (self == nullptr || !self->done_) return;
    self->ask(poll.url, std::nullopt, [poll, then](const Reply& reply) { then(poll, reply); });
  });
}

void Issuance::fail(Failure failure) { end(std::move(failure)); }

void Issuance::end(std::variant<Failure, pki::KeyPair> outcome) {
  if (!done_) return;
  for (const Challenge& challenge : std::exchange(presented_, {})) solver_.clean_up(challenge);
  // Later, for whoever is told lets this go.
  loop_.post([done = std::exchange(done_, {}), outcome = std::move(outcome)] { done(outcome); });
}

}  // namespace limen::acme

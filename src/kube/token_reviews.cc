#include "kube/token_reviews.h"

#include <fmt/format.h>
#include <openssl/evp.h>

#include <algorithm>
#include <utility>

#include "base/json_text.h"
#include "base/strings.h"

namespace limen::kube {
namespace {

constexpr std::chrono::milliseconds kPatience{10'000};
constexpr std::string_view kUserPrefix = "system:serviceaccount:";

const Resource& token_reviews() {
  static const Resource resource{"authentication.k8s.io", "v1", "tokenreviews"};
  return resource;
}

std::string sha256(std::string_view text) {
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned size = 0;
  EVP_Digest(text.data(), text.size(), digest, &size, EVP_sha256(), nullptr);
  return {reinterpret_cast<const char*>(digest), size};
}

// When a token says it expires; an error: it is no token of a service account.
Result<std::chrono::system_clock::time_point> expiry_of(std::string_view token) {
  const Error none{"it is not the token of a service account"};
  const size_t first = token.find('.'), second = token.rfind('.');
  if (first == std::string_view::npos || first == second) return none;
  const auto text = decode_base64url(token.substr(first + 1, second - first - 1));
  if (!text) return none;
  const Result<Json> claims = parse_json(*text);
  const Json* expiry = claims ? claims->find("exp") : nullptr;
  if (expiry == nullptr || !expiry->is_integer()) return none;
  constexpr int64_t kLast = 1LL << 33;  // beyond that a time_point would overflow
  return std::chrono::system_clock::from_time_t(
      std::clamp<int64_t>(expiry->as_integer(), 0, kLast));
}

Request review_of(const std::string& token, const std::string& audience) {
  const Json spec = Json::Object{{"token", token}, {"audiences", Json::Array{audience}}};
  Request request = create(
      token_reviews(), "",
      Json::Object{
          {"apiVersion", "authentication.k8s.io/v1"}, {"kind", "TokenReview"}, {"spec", spec}});
  request.patience = kPatience;
  return request;
}

bool holds(const Json* list, const std::string& text) {
  return list != nullptr && list->is_array() &&
         std::any_of(list->as_array().begin(), list->as_array().end(),
                     [&](const Json& item) { return item == Json(text); });
}

TokenReviews::Verdict verdict_of(const Json& review, const std::string& audience) {
  const Json* status = review.find("status");
  const Json* authenticated = status == nullptr ? nullptr : status->find("authenticated");
  if (authenticated == nullptr || *authenticated != Json(true)) {
    const std::string_view why = status == nullptr ? "" : status->text("error");
    return Error{why.empty() ? "the API server does not know it"
                             : fmt::format("the API server refuses it: {}", why.substr(0, 300))};
  }
  // An authenticator that knows no audiences would say nothing about them.
  if (!holds(status->find("audiences"), audience))
    return Error{fmt::format("it is not for the audience {}", audience)};
  const Json* user = status->find("user");
  std::string_view name = user == nullptr ? "" : user->text("username");
  if (!name.starts_with(kUserPrefix)) return Error{"it is not that of a service account"};
  name.remove_prefix(kUserPrefix.size());
  const size_t colon = name.find(':');
  if (colon == std::string_view::npos) return Error{"it is not that of a service account"};
  return ServiceAccount{std::string(name.substr(0, colon)), std::string(name.substr(colon + 1))};
}

}  // namespace

void TokenReviews::verify(std::string token, std::function<void(Verdict)> done) {
  loop_.post([self = shared_from_this(), token = std::move(token), done = std::move(done)] {
    self->look(token, done);
  });
}

void TokenReviews::look(std::string token, std::function<void(Verdict)> done) {
  const auto expires = expiry_of(token);
  if (!expires) return done(expires.error());
  if (*expires <= settings_.now()) return done(Error{"it has expired"});
  std::string key = sha256(token);
  if (const auto known = known_.find(key); known != known_.end() && is_believed(known->second))
    return done(known->second.verdict);
  if (waiters_ >= settings_.most_waiting)
    return done(Error{"too many tokens wait to be verified; try again later"});
  auto& waiting = waiting_[key];
  waiting.push_back(std::move(done));
  ++waiters_;
  if (waiting.size() > 1) return;  // it is asked for already
  queue_.push_back({std::move(key), std::move(token), *expires});
  pump();
}

bool TokenReviews::is_believed(const Known& known) const {
  const auto age = settings_.now() - known.asked;
  return age < (known.verdict ? settings_.fresh : settings_.refused);
}

void TokenReviews::pump() {
  while (under_way_ < settings_.at_once && !queue_.empty()) {
    Question question = std::move(queue_.front());
    queue_.pop_front();
    ++under_way_;
    Request request = review_of(question.token, settings_.audience);
    question.token.clear();
    send_(std::move(request), [self = shared_from_this(), question](const Answer& answer) {
      --self->under_way_;
      self->on_answer(question, answer);
      self->pump();
    });
  }
}

void TokenReviews::on_answer(const Question& question, const Answer& answer) {
  if (answer.ok()) {
    const Verdict verdict = verdict_of(answer.body, settings_.audience);
    remember(question, verdict);
    return tell(question.key, verdict);
  }
  cannot_ask(question.key, answer.message);
  if (answer.status != 0) return;
  // Nor can the others be asked: nobody waits for one after the other to fail.
  for (const Question& each : std::exchange(queue_, {})) cannot_ask(each.key, answer.message);
}

void TokenReviews::cannot_ask(const std::string& key, const std::string& why) {
  const auto known = known_.find(key);
  if (known != known_.end() && known->second.verdict && settings_.now() < known->second.expires)
    return tell(key, known->second.verdict);
  tell(key, Error{fmt::format("the API server cannot be asked about it now: {}", why)});
}

void TokenReviews::tell(const std::string& key, const Verdict& verdict) {
  const auto waiting = waiting_.extract(key);
  waiters_ -= waiting.mapped().size();
  for (const auto& done : waiting.mapped()) done(verdict);
}

void TokenReviews::remember(const Question& question, const Verdict& verdict) {
  const auto now = settings_.now();
  if (known_.size() >= settings_.most_remembered) {
    std::erase_if(known_, [&](const auto& entry) {
      return entry.second.expires <= now || (!entry.second.verdict && !is_believed(entry.second));
    });
  }
  if (known_.size() >= settings_.most_remembered) known_.erase(known_.begin());
  known_.insert_or_assign(question.key, Known{verdict, now, question.expires});
}

}  // namespace limen::kube

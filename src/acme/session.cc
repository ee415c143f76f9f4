#include "acme/session.h"

#include <fmt/format.h>

#include <algorithm>
#include <ctime>
#include <utility>

#include "base/json_text.h"

namespace limen::acme {
namespace {

constexpr int kMostTries = 16;  // with nonces that the CA refuses
constexpr int kFirstError = 400;
constexpr size_t kMostNonces = 16, kLongestNonce = 256, kLongestAnswer = 256 << 10;

bool is_nonce(std::string_view text) {
  return !text.empty() && text.size() <= kLongestNonce &&
         std::all_of(text.begin(), text.end(), [](unsigned char c) {
           return (c < 0x80 && std::isalnum(c) != 0) || c == '-' || c == '_';
         });
}

std::chrono::seconds retry_after_of(const http::Response& response) {
  return read_retry_after(response.header("Retry-After"), std::time(nullptr));
}

Outcome outcome_of(const std::string& url, const http::Response& response) {
  auto json = parse_json(response.body);
  if (response.status < kFirstError) {
    return Reply{json ? std::move(*json) : Json(), response.body,
                 std::string(response.header("Location")), retry_after_of(response)};
  }
  const bool has_reason = json.ok() && json->is_object();
  const AcmeProblem problem = has_reason ? read_problem(*json) : AcmeProblem();
  return Failure{has_reason ? problem.text
                            : fmt::format("{}: HTTP status {}", printable(url), response.status),
                 problem.type, retry_after_of(response)};
}

}  // namespace

Session::Session(EventLoop& loop, Send send, AccountSettings settings, PrivateKey key)
    : loop_(loop), send_(std::move(send)), settings_(std::move(settings)), key_(std::move(key)) {}

void Session::read(Opened opened) {
  waiting_.emplace_back(Stage::kDirectory, std::move(opened));
  advance();
}

void Session::open(Opened opened) {
  waiting_.emplace_back(Stage::kOpen, std::move(opened));
  advance();
}

// Tells who waits for what there is, and gets the next.
void Session::advance() {
  if (busy_) return;
  std::vector<Opened> served;
  std::erase_if(waiting_, [&](auto& each) {
    if (each.first > stage_) return false;
    served.push_back(std::move(each.second));
    return true;
  });
  if (!waiting_.empty()) {
    busy_ = true;
    if (stage_ == Stage::kNone) {
      get(settings_.directory_url, [this](Outcome outcome) { take_directory(std::move(outcome)); });
    } else {
      make_account();
    }
  }
  for (const Opened& opened : served) {
    loop_.post([opened] { opened(std::nullopt); });
  }
}

// Of what is under way.
void Session::end(const std::optional<Failure>& failure) {
  busy_ = false;
  if (!failure) return advance();
  for (const auto& [stage, opened] : std::exchange(waiting_, {})) {
    loop_.post([opened = opened, failure] { opened(failure); });
  }
}

void Session::take_directory(Outcome outcome) {
  if (const auto* failure = std::get_if<Failure>(&outcome)) return end(*failure);
  auto directory = read_directory(std::get<Reply>(outcome).body);
  if (!directory) {
    return end(Failure{printable(settings_.directory_url) + ": " + directory.error().message, {}});
  }
  directory_ = std::move(*directory);
  stage_ = Stage::kDirectory;
  end(std::nullopt);
}

Result<Json> Session::account_request() const {
  Json json{Json::Object{}};
  json.set("termsOfServiceAgreed", true);
  if (!settings_.email.empty()) json.set("contact", Json::Array{"mailto:" + settings_.email});
  if (!settings_.external_account) {
    if (!directory_.external_account_required) return json;
    return Error{"the CA wants an external account: set externalAccountBinding"};
  }
  auto bound =
      bind_external_account(*settings_.external_account, key_.jwk(), directory_.new_account);
  if (!bound) return bound.error();
  auto binding = parse_json(*bound);
  if (!binding) return binding.error();
  json.set("externalAccountBinding", std::move(*binding));
  return json;
}

// Of an account that exists the answer is that one.  RFC 8555, 7.3.1.
void Session::make_account() {
  auto json = account_request();
  if (!json) return end(Failure{json.error().message, "externalAccountRequired"});
  sign(std::make_shared<Signed>(
      Signed{directory_.new_account, to_json(*json),
             [this](Outcome outcome) { take_account(std::move(outcome)); }}));
}

void Session::take_account(Outcome outcome) {
  if (auto* failure = std::get_if<Failure>(&outcome)) {
    failure->message = "the account: " + failure->message;
    return end(*failure);
  }
  const Reply& reply = std::get<Reply>(outcome);
  if (!reply.location.starts_with("https://")) return end(Failure{"the account has no URL", {}});
  account_url_ = reply.location;
  stage_ = Stage::kOpen;
  end(std::nullopt);
}

void Session::post(const std::string& url, std::optional<Json> payload, Done done) {
  sign(std::make_shared<Signed>(
      Signed{url, payload ? to_json(*payload) : std::string(), std::move(done)}));
}

void Session::get(const std::string& url, Done done) {
  send_(request("GET", url), [weak = weak_from_this(), url,
                              done = std::move(done)](const Result<http::Response>& response) {
    if (weak.expired()) return;
    done(response ? outcome_of(url, *response) : Outcome(Failure{response.error().message, {}}));
  });
}

void Session::sign(const std::shared_ptr<Signed>& request) {
  if (nonces_.empty())
    fetch_nonce(request);
  else
    send_signed(request);
}

void Session::send_signed(const std::shared_ptr<Signed>& signed_request) {
  const JwsHeader header{signed_request->url, nonces_.back(),
                         stage_ == Stage::kOpen ? account_url_ : std::string()};
  nonces_.pop_back();
  ++signed_request->tries;
  auto body = sign_jws(key_, header, signed_request->payload);
  if (!body) return signed_request->done(Failure{body.error().message, {}});
  http::Request sent = request("POST", signed_request->url);
  sent.headers.push_back({"Content-Type", "application/jose+json"});
  sent.body = std::move(*body);
  send_(std::move(sent),
        [weak = weak_from_this(), signed_request](const Result<http::Response>& response) {
          if (const auto self = weak.lock()) self->take(signed_request, response);
        });
}

void Session::take(const std::shared_ptr<Signed>& signed_request,
                   const Result<http::Response>& response) {
  if (!response) return signed_request->done(Failure{response.error().message, {}});
  keep_nonce(*response);
  Outcome outcome = outcome_of(signed_request->url, *response);
  const auto* failure = std::get_if<Failure>(&outcome);
  if (failure != nullptr && failure->type == "badNonce" && signed_request->tries < kMostTries)
    return sign(signed_request);
  signed_request->done(std::move(outcome));
}

void Session::fetch_nonce(const std::shared_ptr<Signed>& signed_request) {
  send_(request("HEAD", directory_.new_nonce),
        [weak = weak_from_this(), signed_request](const Result<http::Response>& response) {
          const auto self = weak.lock();
          if (self == nullptr) return;
          if (!response) return signed_request->done(Failure{response.error().message, {}});
          self->keep_nonce(*response);
          if (!self->nonces_.empty()) return self->send_signed(signed_request);
          signed_request->done(
              Failure{fmt::format("the CA gives no nonce: HTTP status {}", response->status),
                      {},
                      retry_after_of(*response)});
        });
}

void Session::keep_nonce(const http::Response& response) {
  const std::string_view nonce = response.header("Replay-Nonce");
  if (is_nonce(nonce) && nonces_.size() < kMostNonces) nonces_.emplace_back(nonce);
}

http::Request Session::request(const char* method, const std::string& url) const {
  http::Request result;
  result.method = method;
  result.url = url;
  result.authorities = settings_.authorities;
  result.longest_body = kLongestAnswer;
  return result;
}

}  // namespace limen::acme

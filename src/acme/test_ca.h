// A CA in memory for what Pebble cannot do: renewal information, profiles, rate limits.  It checks
// nonces and who signs as a CA does, but no challenge.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "acme/session.h"
#include "acme/solver.h"
#include "acme/storage.h"
#include "base/json_text.h"
#include "base/strings.h"
#include "pki/certificate.h"
#include "pki/openssl.h"

namespace limen::acme {

class TestCa {
 public:
  explicit TestCa(EventLoop& loop, std::string host = "https://ca")
      : url(std::move(host)), loop_(loop) {}

  const std::string url;
  int nonces_to_refuse = 0;
  int orders_to_rate_limit = 0;
  bool reachable = true, external_account_required = false, refuses_challenges = false;
  bool refuses_replaces = false;
  std::chrono::seconds life{90 * 86400};
  std::optional<RenewalWindow> window;

  // What happened.
  std::vector<Json> orders;        // payloads of newOrder that were taken
  std::set<std::string> accounts;  // JWKs
  std::vector<std::string> bound;  // key ids of external accounts
  std::vector<std::string> asked;  // URLs
  std::vector<std::string> types;  // of challenges that were answered

  Send send() {
    return [this](http::Request request, http::Client::Done done) {
      loop_.post([this, request = std::move(request), done = std::move(done)] {
        asked.push_back(request.url);
        if (!reachable)
          done(Error{"cannot connect to " + url});
        else
          done(answer(request));
      });
    };
  }

 private:
  struct Answer {
    int status;
    std::string body;
    std::vector<http::Header> headers = {};
  };

  static Answer problem(int status, const std::string& type, const std::string& detail) {
    Json json{Json::Object{}};
    json.set("type", "urn:ietf:params:acme:error:" + type);
    json.set("detail", detail);
    return {status, to_json(json)};
  }

  http::Response answer(const http::Request& request) {
    const std::string path = request.url.substr(url.size());
    Answer made = request.method == "POST" ? signed_answer(request, path) : plain_answer(path);
    http::Response response{made.status, std::move(made.headers), std::move(made.body)};
    nonces_.insert(std::to_string(++nonce_));
    response.headers.push_back({"Replay-Nonce", std::to_string(nonce_)});
    return response;
  }

  Answer plain_answer(const std::string& path) {
    if (path.starts_with("/renewal/") && window) {
      Json json{Json::Object{}};
      json.set("suggestedWindow", Json::Object{{"start", format_time(window->start)},
                                               {"end", format_time(window->end)}});
      return {200, to_json(json)};
    }
    if (path != "/dir") return {200, ""};
    Json json{Json::Object{}};
    for (const auto* name : {"newNonce", "newAccount", "newOrder"})
      json.set(name, url + "/" + name);
    if (window) json.set("renewalInfo", url + "/renewal");
    Json meta{Json::Object{}};
    meta.set("externalAccountRequired", external_account_required);
    meta.set("profiles", Json::Object{{"short", "https://ca/doc"}});
    json.set("meta", std::move(meta));
    return {200, to_json(json)};
  }

  Answer signed_answer(const http::Request& request, const std::string& path) {
    const Json jws = *parse_json(request.body);
    const Json head = *parse_json(*decode_base64url(jws.text("protected")));
    EXPECT_EQ(head.text("url"), request.url);
    if (nonces_.erase(std::string(head.text("nonce"))) == 0)
      return problem(400, "badNonce", "used or never given");
    if (nonces_to_refuse > 0 && nonces_to_refuse--) return problem(400, "badNonce", "a bad day");
    EXPECT_EQ(head.find("jwk") != nullptr, path == "/newAccount");
    const std::string payload = *decode_base64url(jws.text("payload"));
    return route(path, payload.empty() ? Json() : *parse_json(payload), head);
  }

  Answer route(const std::string& path, const Json& payload, const Json& head) {
    if (path == "/newAccount") {
      if (const Json* binding = payload.find("externalAccountBinding"))
        bound.emplace_back(parse_json(*decode_base64url(binding->text("protected")))->text("kid"));
      else if (external_account_required)
        return problem(400, "externalAccountRequired", "who are you?");
      accounts.insert(to_json(*head.find("jwk")));
      return {201, "{}", {{"Location", url + "/me"}}};
    }
    if (path == "/newOrder") return new_order(payload);
    const size_t dash = path.find('-');
    const auto number = static_cast<size_t>(std::stoul(path.substr(dash + 1)));
    Order& order = orders_[number];
    if (path.starts_with("/authorization-")) return authorization(number, order);
    if (path.starts_with("/challenge")) {
      types.push_back(path.substr(1 + std::string("challenge").size(), dash - 10));
      order.status = refuses_challenges ? "invalid" : "valid";
      return {200, "{}"};
    }
    if (path.starts_with("/finalize-"))
      order.chain = issue(*decode_base64url(payload.text("csr")), order);
    if (path.starts_with("/certificate-")) return {200, order.chain};
    return {200, to_json(order_json(number, order))};
  }

  struct Order {
    Json payload;
    std::string status = "pending", chain = {};
  };

  Answer new_order(const Json& payload) {
    if (refuses_replaces && payload.find("replaces") != nullptr)
      return problem(409, "alreadyReplaced", "twice");
    if (orders_to_rate_limit > 0 && orders_to_rate_limit--) {
      Answer refused = problem(429, "rateLimited", "too many");
      refused.headers.push_back({"Retry-After", "7200"});
      return refused;
    }
    orders.push_back(payload);
    orders_.push_back({payload});
    Answer made{201, to_json(order_json(orders_.size() - 1, orders_.back()))};
    made.headers.push_back({"Location", url + "/order-" + std::to_string(orders_.size() - 1)});
    return made;
  }

  Json order_json(size_t number, const Order& order) const {
    const std::string id = std::to_string(number);
    Json json{Json::Object{}};
    json.set("status",
             order.chain.empty() ? (order.status == "valid" ? "ready" : order.status) : "valid");
    json.set("authorizations", Json::Array{url + "/authorization-" + id});
    json.set("finalize", url + "/finalize-" + id);
    if (!order.chain.empty()) json.set("certificate", url + "/certificate-" + id);
    return json;
  }

  Answer authorization(size_t number, const Order& order) const {
    const std::string id = std::to_string(number);
    Json json{Json::Object{}};
    json.set("status", order.status);
    const Json& first = order.payload.find("identifiers")->as_array()[0];
    json.set("identifier", first);
    Json::Array challenges;
    for (const auto* type : {"http-01", "tls-alpn-01"}) {
      Json challenge{Json::Object{}};
      challenge.set("type", type);
      challenge.set("url", url + "/challenge" + (type[0] == 'h' ? "http" : "tls") + "-" + id);
      challenge.set("token", "token" + id);
      if (order.status == "invalid")
        challenge.set("error", *parse_json(problem(400, "connection", "cannot see it").body));
      challenges.push_back(std::move(challenge));
    }
    json.set("challenges", std::move(challenges));
    return {200, to_json(json)};
  }

  // Signed by its own key, which no client looks at.
  std::string issue(const std::string& csr, const Order& order) {
    const auto* bytes = reinterpret_cast<const unsigned char*>(csr.data());
    X509_REQ* request = d2i_X509_REQ(nullptr, &bytes, static_cast<long>(csr.size()));
    X509* certificate = X509_new();
    X509_set_version(certificate, X509_VERSION_3);
    ASN1_INTEGER_set(X509_get_serialNumber(certificate), ++serial_);
    X509_gmtime_adj(X509_getm_notBefore(certificate), 0);
    X509_gmtime_adj(X509_getm_notAfter(certificate), life.count());
    X509_set_pubkey(certificate, X509_REQ_get0_pubkey(request));
    std::string names;
    for (const Json& each : order.payload.find("identifiers")->as_array())
      names += (names.empty() ? "DNS:" : ",DNS:") + std::string(each.text("value"));
    for (const auto& [id, value] : {std::pair{NID_subject_alt_name, names},
                                    {NID_subject_key_identifier, std::string("hash")},
                                    {NID_authority_key_identifier, std::string("keyid:always")}}) {
      X509V3_CTX context;
      X509V3_set_ctx_nodb(&context);
      X509V3_set_ctx(&context, certificate, certificate, nullptr, nullptr, 0);
      pki::Ptr<X509_EXTENSION> extension(X509V3_EXT_conf_nid(nullptr, &context, id, value.c_str()));
      X509_add_ext(certificate, extension.get(), -1);
    }
    X509_sign(certificate, key_.get(), EVP_sha256());
    BIO* out = BIO_new(BIO_s_mem());
    PEM_write_bio_X509(out, certificate);
    char* text = nullptr;
    const auto size = static_cast<size_t>(BIO_get_mem_data(out, &text));
    std::string pem(text, size);
    BIO_free(out);
    X509_free(certificate);
    X509_REQ_free(request);
    return pem;
  }

  EventLoop& loop_;
  PrivateKey key_ = *PrivateKey::make(KeyType::kEcdsaP256);
  std::set<std::string> nonces_;
  std::vector<Order> orders_;
  int nonce_ = 0, serial_ = 0;
};

// Shows at once, and remembers.
class TestSolver : public Solver {
 public:
  void present(const Challenge& challenge, std::function<void(Status)> in_force) override {
    shown.push_back(challenge);
    all.push_back(challenge);
    in_force(Status());
  }
  void clean_up(const Challenge& challenge) override { std::erase(shown, challenge); }

  std::vector<Challenge> shown, all;
};

}  // namespace limen::acme

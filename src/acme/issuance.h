// One order for one certificate, from newOrder to the chain.  RFC 8555, 7.4 and 7.5.
//
// On the loop's thread.  Held by a shared_ptr; one that is let go takes its challenges back and
// tells nothing more.  The Session, the Solver and the loop outlive it.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <variant>
#include <vector>

#include "acme/session.h"
#include "acme/solver.h"
#include "pki/authority.h"

namespace limen::acme {

struct OrderRequest {
  std::vector<std::string> names;  // DNS names, at least one; "*.": wildcards
  KeyType key_type = KeyType::kEcdsaP256;
  std::string profile;                    // "": the CA's own choice
  std::string replaces;                   // renewal_id() of the certificate before; "": none
  std::vector<ChallengeType> challenges;  // the one to try first comes first
  std::string dns_hook;                   // of DNS-01
};

class Issuance : public std::enable_shared_from_this<Issuance> {
 public:
  using Done = std::function<void(std::variant<Failure, pki::KeyPair>)>;

  // REQUIRES: the session is open.
  Issuance(EventLoop& loop, std::shared_ptr<Session> session, Solver& solver, OrderRequest request,
           Done done);
  ~Issuance();

  void start();

 private:
  using Clock = EventLoop::Clock;
  struct Poll {  // an order or an authorization that is under way
    std::string url;
    std::chrono::milliseconds pause;
    Clock::time_point until;
  };

  void place_order();
  void take_order(Outcome outcome);
  void authorize(const std::string& url);
  void take_authorization(const std::string& url, const Reply& reply);
  void answer(const Authorization& authorization, const std::string& url);
  void take_verdict(const Poll& poll, const Reply& reply);
  void finish_one();
  void make_key();
  void finalize(Result<PrivateKey> key);
  void take_finalized(const Poll& poll, const Reply& reply);
  void download(const std::string& url);

  // post() whose failures end the issuance.
  void ask(const std::string& url, std::optional<Json> payload,
           std::function<void(const Reply&)> then);
  Poll begin_poll(const std::string& url) const;
  void poll_again(Poll poll, std::chrono::seconds wish,
                  std::function<void(const Poll&, const Reply&)> then);
  void fail(Failure failure);
  void end(std::variant<Failure, pki::KeyPair> outcome);

  EventLoop& loop_;
  const std::shared_ptr<Session> session_;
  Solver& solver_;
  OrderRequest request_;
  Done done_;  // empty: it has been called
  std::string order_url_;
  OrderState order_;
  size_t open_authorizations_ = 0;
  std::vector<Challenge> presented_;
  std::optional<PrivateKey> key_;
  std::jthread maker_;  // of an RSA key
};

}  // namespace limen::acme

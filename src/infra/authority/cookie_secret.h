// The Secret of Limen's own namespace with the key that cookies of logins are made with: made where
// it is missing, and followed, so that all replicas use the same.  On the event loop's thread.
//
// A Secret that is deleted is made anew: all users log in again.  What cannot be used is said, and
// the last good key stays in force.
#pragma once

#include <functional>
#include <string>

#include "base/event_loop.h"
#include "kube/client.h"

namespace limen::infra {

// Envoy Gateway's name and key.
inline constexpr char kCookieSecret[] = "envoy-oidc-hmac";
inline constexpr char kCookieKey[] = "hmac-secret";

// Random bytes.
std::string make_cookie_key();
// Whether it is long enough.
bool is_cookie_key(const std::string& key);

struct CookieSecretSettings {
  std::string name_space;
  std::chrono::milliseconds retry{2'000};
};

class CookieSecret {
 public:
  using Send = std::function<void(kube::Request, std::function<void(kube::Answer)>)>;

  // `changed` is told the key.
  CookieSecret(CookieSecretSettings settings, EventLoop& loop, Send send,
               std::function<void(const std::string&)> changed);
  ~CookieSecret();
  CookieSecret(const CookieSecret&) = delete;
  CookieSecret& operator=(const CookieSecret&) = delete;

  // What a kube::Client is to follow, once.
  kube::Follow follow();

 private:
  void take(const kube::Delivery& delivery);
  void see(const Json& secret);
  void make();
  void say(const std::string& trouble);

  const CookieSecretSettings settings_;
  EventLoop& loop_;
  Send send_;
  std::function<void(const std::string&)> changed_;
  bool there_ = false, listed_ = false, under_way_ = false;
  std::string key_, said_;
  uint64_t timer_ = 0;
};

}  // namespace limen::infra

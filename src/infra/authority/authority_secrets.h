// The Secrets of Limen's own namespace that hold its authority and its xDS server's certificate:
// made where they are missing, renewed by the leader, and followed, so that all replicas use the
// same.  On the event loop's thread.
//
// What cannot be used is said with the Secret's and the field's name, and the last good one stays
// in force.  Secrets without Limen's label are somebody else's to renew.  A Secret that is deleted
// is made anew: that is how to replace an authority at once.
#pragma once

#include <functional>
#include <map>

#include "base/event_loop.h"
#include "infra/authority/authority.h"
#include "kube/client.h"

namespace limen::infra {

// tls.crt and tls.key of the signer; next.crt and next.key, old.crt: see Authority.
inline constexpr char kAuthoritySecret[] = "limen-ca";
// tls.crt, tls.key, ca.crt
inline constexpr char kServerSecret[] = "limen-xds";

// `data` of Secrets, base64, and back; the error names the field.
Json data_of(const Authority& authority);
Json data_of(const Credentials& credentials);
Result<Authority> read_authority(const Json& secret);
Result<Credentials> read_credentials(const Json& secret);

struct AuthoritySecretsSettings {
  std::string name_space;
  AuthoritySettings authority = {};
  // How often it is looked whether something is to be renewed, or tried again what failed.
  std::chrono::milliseconds check{60'000}, retry{2'000};
  std::function<pki::TimePoint()> now = [] { return std::chrono::system_clock::now(); };
};

class AuthoritySecrets {
 public:
  using Send = std::function<void(kube::Request, std::function<void(kube::Answer)>)>;

  // `changed`: what server(), ca() and reason_to_renew() say may be different.
  AuthoritySecrets(AuthoritySecretsSettings settings, EventLoop& loop, Send send,
                   std::function<void()> changed);
  ~AuthoritySecrets();
  AuthoritySecrets(const AuthoritySecrets&) = delete;
  AuthoritySecrets& operator=(const AuthoritySecrets&) = delete;

  // What a kube::Client is to follow, once.
  std::vector<kube::Follow> follows();

  // Whether to renew: only the leader does.  What is missing anybody makes.
  void set_active(bool active);

  // Whether there is an authority and a certificate of the server's; once so, always so.
  bool ready() const { return authority_ && server_; }
  // The rest REQUIRES: ready().
  const Credentials& server() const { return *server_; }
  std::string ca() const { return authority_->trusted(); }
  // What a proxy's Secret should hold.
  Result<Credentials> issue(const std::string& proxy) const;
  // Why not what it holds now; "": it may stay.
  std::string reason_to_renew(const Credentials& present, const std::string& proxy) const;

 private:
  // A Secret as the API server has it.
  struct Secret {
    std::string name;
    Json object;                            // null: there is none
    bool is_known = false, listed = false;  // the first list has ended; the present one saw it
    bool under_way = false;                 // a write of ours
    std::string said;                       // trouble that was logged
  };

  void take(Secret& secret, kube::Delivery delivery);
  void see(Secret& secret, Json object);
  void act();
  void keep_authority();
  void keep_server();
  bool may_write(const Secret& secret) const;
  void write(Secret& secret, Json data, const std::string& why);
  void on_written(Secret& secret, const std::string& done, const kube::Answer& answer);
  void look_again(std::chrono::milliseconds delay);
  void say(Secret& secret, const std::string& trouble);
  std::string full_name(const Secret& secret) const;

  AuthoritySecretsSettings settings_;
  EventLoop& loop_;
  Send send_;
  std::function<void()> changed_;
  bool active_ = false;
  Secret ca_secret_{.name = kAuthoritySecret, .object = {}, .said = {}};
  Secret server_secret_{.name = kServerSecret, .object = {}, .said = {}};
  std::optional<Authority> authority_;  // the last good ones
  std::optional<Credentials> server_;
  uint64_t timer_ = 0;
};

}  // namespace limen::infra

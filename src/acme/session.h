// An account at a CA, and signed requests by it: directory, nonces, the account itself.  RFC 8555,
// 6 and 7.1 to 7.3.
//
// On the loop's thread.  Held by a shared_ptr; what was asked of one that is gone is not answered.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "acme/jose.h"
#include "acme/messages.h"
#include "base/event_loop.h"
#include "http/client.h"

namespace limen::acme {

// As http::Client::send().
using Send = std::function<void(http::Request, http::Client::Done)>;

// Why there is no certificate.
struct Failure {
  std::string message;                  // a sentence without the final stop
  std::string type;                     // of ACME: "rateLimited"; "": none
  std::chrono::seconds retry_after{0};  // as the CA wishes; 0: it doesn't say
};

struct Reply {
  Json body;         // null where it is no JSON
  std::string text;  // the bytes
  std::string location;
  std::chrono::seconds retry_after{0};
};
using Outcome = std::variant<Failure, Reply>;

struct AccountSettings {
  std::string directory_url;
  std::string authorities;  // PEM that the CA's own certificate is verified by; "": the system's
  std::string email;        // "": none
  std::optional<ExternalAccount> external_account;

  bool operator==(const AccountSettings&) const = default;
};

class Session : public std::enable_shared_from_this<Session> {
 public:
  using Done = std::function<void(Outcome)>;
  using Opened = std::function<void(std::optional<Failure>)>;

  Session(EventLoop& loop, Send send, AccountSettings settings, PrivateKey key);

  // Reads the directory, once.
  void read(Opened opened);
  // The directory and the account, which is made if the CA does not know it; once.
  void open(Opened opened);

  const Directory& directory() const { return directory_; }  // REQUIRES: read() succeeded
  const PrivateKey& key() const { return key_; }

  // A signed request; without a payload the signed form of GET.  REQUIRES: open() succeeded.
  void post(const std::string& url, std::optional<Json> payload, Done done);
  void get(const std::string& url, Done done);

 private:
  enum class Stage { kNone, kDirectory, kOpen };
  struct Signed {
    std::string url, payload;
    Done done;
    int tries = 0;
  };

  void advance();
  void end(const std::optional<Failure>& failure);
  void take_directory(Outcome outcome);
  void make_account();
  Result<Json> account_request() const;
  void take_account(Outcome outcome);

  void sign(const std::shared_ptr<Signed>& request);
  void send_signed(const std::shared_ptr<Signed>& request);
  void take(const std::shared_ptr<Signed>& request, const Result<http::Response>& response);
  void fetch_nonce(const std::shared_ptr<Signed>& request);
  void keep_nonce(const http::Response& response);
  http::Request request(const char* method, const std::string& url) const;

  EventLoop& loop_;
  const Send send_;
  const AccountSettings settings_;
  const PrivateKey key_;
  Directory directory_;
  std::string account_url_;
  std::vector<std::string> nonces_;  // not used yet
  Stage stage_ = Stage::kNone;
  bool busy_ = false;
  std::vector<std::pair<Stage, Opened>> waiting_;
};

}  // namespace limen::acme

// What OpenID providers say of themselves: asked for the issuers that policies in force name, once
// an issuer however many policies, and asked again now and then.  On the event loop's thread.
//
// What was once known stays known while the provider cannot be asked, also over a restart; but not
// when its server is to be verified otherwise than when it said so, and fails.
// Source: OpenID Connect Discovery 1.0, section 4.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "base/event_loop.h"
#include "http/client.h"
#include "kube/backoff.h"
#include "translate/translator.h"

namespace limen::providers {

// The endpoints in an issuer's document; an error says what is wrong with it.
Result<translate::OidcEndpoints> read_discovery(const std::string& issuer,
                                                const http::Response& response);

struct IssuersSettings {
  std::string file;  // what is known, for the next run; "": nowhere
  std::chrono::milliseconds patience{5'000};
  std::chrono::milliseconds refresh{3'600'000};  // the least; up to a quarter more
  kube::BackoffSettings retry{std::chrono::seconds(1), std::chrono::seconds(60)};
  size_t at_once = 8;  // requests
};

class Issuers {
 public:
  using Send = std::function<void(http::Request, http::Client::Done)>;
  // Is told what is new.  Not from within want().
  using Tell = std::function<void(const translate::OidcIssuer&)>;

  Issuers(IssuersSettings settings, EventLoop& loop, Send send, Tell tell);
  ~Issuers();
  Issuers(const Issuers&) = delete;
  Issuers& operator=(const Issuers&) = delete;

  // What the last run knew.
  std::vector<translate::OidcIssuer> remembered() const;

  // `trust`: how its server is verified, be it for the first time or otherwise than before;
  // nullptr: it is not wanted.
  void want(const translate::IssuerName& name,
            const std::shared_ptr<const translate::IssuerTrust>& trust);

  // Of each wanted issuer something is known: its endpoints, or why not.
  bool settled() const;

 private:
  struct Issuer {
    std::shared_ptr<const translate::IssuerTrust> trust;  // nullptr: it is not wanted
    bool under_way = false, waits = false;
    bool outdated = false;  // what is under way is asked by another trust
    std::optional<translate::OidcEndpoints> endpoints;  // the last good ones
    translate::IssuerTrust known_by;                    // by which they were told
    std::string trouble;                                // of the last answer
    kube::Backoff backoff;
    uint64_t timer = 0;
  };

  using Name = translate::IssuerName;

  Issuer fresh() const;
  void ask(const Name& name);
  void ask_next();
  void send(const Name& name, Issuer& issuer);
  void on_answer(const Name& name, const Result<http::Response>& answer);
  void learn(const Name& name, Issuer& issuer, translate::OidcEndpoints endpoints);
  void fail(const Name& name, Issuer& issuer, const std::string& trouble);
  void ask_after(const Name& name, Issuer& issuer, std::chrono::milliseconds delay);
  void read_file();
  void write_file() const;

  const IssuersSettings settings_;
  EventLoop& loop_;
  Send send_;
  Tell tell_;
  std::map<Name, Issuer> issuers_;
  std::deque<Name> waiting_;  // for others' answers
  size_t under_way_ = 0;
};

}  // namespace limen::providers

// What OpenID providers say of themselves: asked for the issuers that policies in force name, once
// an issuer however many policies, and asked again now and then.  On the event loop's thread.
//
// What was once known stays known while the provider cannot be asked, also over a restart.
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

  void want(const std::string& issuer, bool wanted);

  // Of each wanted issuer something is known: its endpoints, or why not.
  bool settled() const;

 private:
  struct Issuer {
    bool wanted = false, under_way = false, waits = false;
    std::optional<translate::OidcEndpoints> endpoints;  // the last good ones
    std::string trouble;                                // of the last answer
    kube::Backoff backoff;
    uint64_t timer = 0;
  };

  void ask(const std::string& name);
  void ask_next();
  void on_answer(const std::string& name, const Result<http::Response>& answer);
  void learn(const std::string& name, Issuer& issuer, translate::OidcEndpoints endpoints);
  void fail(const std::string& name, Issuer& issuer, const std::string& trouble);
  void ask_after(const std::string& name, Issuer& issuer, std::chrono::milliseconds delay);
  void read_file();
  void write_file() const;

  const IssuersSettings settings_;
  EventLoop& loop_;
  Send send_;
  Tell tell_;
  std::map<std::string, Issuer> issuers_;
  std::deque<std::string> waiting_;  // for others' answers
  size_t under_way_ = 0;
};

}  // namespace limen::providers

// What `limen run` and `limen server` have in common: changes go to the translator, its output to
// the xDS server, the statuses to who asks for them.  On the event loop's thread.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/event_loop.h"
#include "ctl/status_board.h"
#include "ctl/uptake.h"
#include "http/client.h"
#include "providers/oidc/issuers.h"
#include "translate/translator.h"
#include "xds/server/server.h"

namespace limen::ctl {

// One `limen` a state folder.
Result<UniqueFd> lock_state(const std::string& folder);

// Before threads start, for they inherit it: signals that ask for the end wait for on_signals().
void block_signals();

// Of this process and those that it starts, which have keys: no core files, and what they write is
// their owner's alone.
void keep_private();

// Where the system's CA certificates are; "": there are none.
std::string system_cas();

// What `--xds-address` and `--xds-certs` say.
void use_mutual_tls(const std::string& address, const std::string& certs_dir,
                    xds::ServerSettings& settings);

class Control {
 public:
  // What became different, for infrastructure and status sinks.
  using Sink = std::function<void(const translate::Output&)>;

  // `state_dir`: what is known of OpenID providers is kept there.
  Control(translate::Options options, const std::string& state_dir, Sink sink);

  EventLoop& loop() { return loop_; }
  StatusBoard& board() { return board_; }

  // What was applied before is served, too.
  Status serve_xds(xds::ServerSettings settings);
  // REQUIRES: serve_xds() succeeded, with an identity.
  void set_identity(xds::TlsIdentity identity) { server_->set_identity(std::move(identity)); }
  // Calls back at each SIGINT or SIGTERM.  REQUIRES: block_signals().
  void on_signals(std::function<void()> callback);

  void apply(const translate::Input& input);
  // Calls back when the Envoys have taken in what it changes (uptake.h).
  void apply(const translate::Input& input, Uptake::Done in_force);
  // Nothing is under way that Envoys should wait for rather than be told that policies are closed.
  bool settled() const { return issuers_.settled(); }
  // Logs what is new among them.
  void set_problems(std::vector<providers::ObjectProblem> problems, const char* component);

 private:
  void on_answer(const xds::AnswerReport& report);
  void log_refusal(const std::string& what, const std::string& refusal);

  EventLoop loop_;
  translate::Translator translator_;
  Sink sink_;
  Uptake uptake_;
  std::map<std::string, std::string> refusals_;  // that are logged
  StatusBoard board_;
  UniqueFd signals_;
  std::unique_ptr<xds::Server> server_;
  std::vector<xds::ResourceChange> unserved_;  // before there is a server
  providers::Issuers issuers_;
  std::unique_ptr<http::Client> http_;  // from the first question on; below what it tells
};

}  // namespace limen::ctl

// What ClientTrafficPolicies come to.  Part of the model (model.h).  Who governs a listener is
// found as for SecurityPolicies (security_model.h).
#pragma once

#include <map>
#include <string>
#include <vector>

#include "base/problem.h"
#include "translate/model.h"

namespace limen::translate {

// spec.tls.clientValidation of a policy, with its CAs and lists of revoked certificates.
struct ClientChecks {
  Problems problems;
  FragmentPtr secret;  // Secret with the validation context; nullptr where there are problems
  // Or the CAs are another SDS server's, and the context beside them is the listeners'.
  SdsSecret cas;
  FragmentPtr beside_cas;  // iff there are

  bool operator==(const ClientChecks& other) const {
    return problems == other.problems && same(secret, other.secret) && cas == other.cas &&
           same(beside_cas, other.beside_cas);
  }
};

// A policy.  What it refers to is not in it: new CAs make no other row of it.
struct ClientPolicy {
  std::shared_ptr<const api::ClientTrafficPolicySpec> spec;
  Verdict accepted;              // of the first thing that is wrong
  bool closes_tls = false;       // what it asks of TLS cannot be done
  bool closes_requests = false;  // ... of sockets or requests
  SdsSecret cas = {};            // of its ClientChecks
  FragmentPtr beside_cas = {};

  bool operator==(const ClientPolicy& other) const {
    return *spec == *other.spec && accepted == other.accepted && closes_tls == other.closes_tls &&
           closes_requests == other.closes_requests && cas == other.cas &&
           same(beside_cas, other.beside_cas);
  }
  bool checks_clients() const { return spec->tls && spec->tls->client_validation; }
};

// The SDS name of a policy's checks.
inline std::string client_checks_name(const ObjectKey& policy) { return policy.text() + "/ca.crt"; }

// The policy that governs a listener.
struct ListenerPolicy {
  ObjectKey policy;
  Verdict in_force;                 // not ok: it is not, and what it is about is closed
  bool closes_connections = false;  // none is served
  bool closes_requests = false;     // all are answered with 500

  bool operator==(const ListenerPolicy&) const = default;
};

// The policies on a port, where there are some.
struct PortPolicies {
  std::map<std::string, ListenerPolicy, std::less<>> listeners;  // by IR name
  std::optional<ObjectKey> common;  // of all listeners: only it can say anything of the socket, and
                                    // of plain HTTP anything at all

  bool operator==(const PortPolicies&) const = default;
};

}  // namespace limen::translate

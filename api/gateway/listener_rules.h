// Rules that the listeners of a Gateway and of a ListenerSet share.  For api/**.cc.
// Source: gateway.networking.k8s.io/v1 of Gateway API v1.7, Gateway.spec.listeners.
#pragma once

#include "api/gateway/tables.h"

namespace limen::api {

// REQUIRES: the table has a required field `listeners`.
template <class T>
schema::object<T>&& with_listener_rules(schema::object<T>&& table) {
  return std::move(table)
      .rule("self.listeners.all(l, !(l.protocol in ['HTTP', 'TCP', 'UDP']) || !has(l.tls))",
            "tls must not be set on a listener of protocol HTTP, TCP or UDP")
      .rule(
          "self.listeners.all(l, l.protocol != 'HTTPS' || !has(l.tls) || l.tls.mode == 'Terminate')",
          "tls.mode must be Terminate on a listener of protocol HTTPS")
      .rule("self.listeners.all(l, l.protocol != 'TLS' || has(l.tls))",
            "tls must be set on a listener of protocol TLS")
      .rule("self.listeners.all(l, !(l.protocol in ['TCP', 'UDP']) || !has(l.hostname))",
            "hostname must not be set on a listener of protocol TCP or UDP")
      .rule(
          "self.listeners.all(l1, self.listeners.exists_one(l2, l1.port == l2.port && l1.protocol == l2.protocol && has(l1.hostname) == has(l2.hostname) && (!has(l1.hostname) || l1.hostname == l2.hostname)))",
          "listeners must differ in port, protocol or hostname");
}

}  // namespace limen::api

// Which listener, route, rule, filters and backends take a request, and which nearly would.
//
// Reads what Envoy is sent, not the routes: so it says what will happen, and test/process/
// test_explain.py holds it against the real Envoy.  Pure; any thread.
#pragma once

#include <string>
#include <vector>

#include "explain/request.h"
#include "translate/translator.h"

namespace limen::explain {

struct Source {
  std::string object;  // "HTTPRoute/default/shop"
  std::string field;   // "spec.rules[0].matches[1]"
};

struct Backend {
  std::string cluster;
  uint32_t weight = 1;
  std::vector<std::string> endpoints;  // "10.0.0.1:80"
};

struct NearMiss {
  Source source;
  std::string reason;
};

struct Explanation {
  std::string outcome;  // one sentence: what becomes of the request
  std::string proxy, listener, virtual_host;
  std::optional<Source> source;  // nullopt: no route takes it
  std::vector<std::string> filters;
  std::vector<Backend> backends;
  std::vector<NearMiss> near_misses;  // the first few in the order in which Envoy tries
};

Explanation explain(const translate::Output& output, const Request& request);

}  // namespace limen::explain

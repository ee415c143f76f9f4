// `limen explain URL`: which listener, route, rule, filters and backends take a request.
#include "explain/explain.h"

#include <fmt/format.h>

#include "ctl/commands.h"
#include "ctl/offline.h"

namespace limen::ctl {
namespace {

std::string text_of(const explain::Source& source) { return source.object + " " + source.field; }

Json json_of(const explain::Source& source) {
  Json out;
  out.set("object", source.object);
  out.set("field", source.field);
  return out;
}

Json json_of(const explain::Explanation& it) {
  Json out;
  out.set("outcome", it.outcome);
  out.set("proxy", it.proxy);
  out.set("listener", it.listener);
  out.set("virtualHost", it.virtual_host);
  if (it.source) out.set("route", json_of(*it.source));
  Json::Array filters, backends, misses;
  for (const std::string& filter : it.filters) filters.emplace_back(filter);
  for (const explain::Backend& backend : it.backends) {
    Json::Array endpoints;
    for (const std::string& endpoint : backend.endpoints) endpoints.emplace_back(endpoint);
    Json entry;
    entry.set("cluster", backend.cluster);
    entry.set("weight", static_cast<int64_t>(backend.weight));
    entry.set("endpoints", std::move(endpoints));
    backends.push_back(std::move(entry));
  }
  for (const explain::NearMiss& miss : it.near_misses) {
    Json entry = json_of(miss.source);
    entry.set("reason", miss.reason);
    misses.push_back(std::move(entry));
  }
  out.set("filters", std::move(filters));
  out.set("backends", std::move(backends));
  out.set("nearMisses", std::move(misses));
  return out;
}

void print(const explain::Request& request, const explain::Explanation& it) {
  fmt::print("{} {}://{}:{}{} {}\n", request.method, request.https ? "https" : "http", request.host,
             request.port, request.path, it.outcome);
  const auto line = [](const char* word, const std::string& text) {
    if (!text.empty()) fmt::print("  {:<9} {}\n", word, text);
  };
  line("proxy", it.proxy);
  line("listener", it.listener);
  line("host", it.virtual_host);
  if (it.source) line("route", text_of(*it.source));
  for (const std::string& filter : it.filters) line("filter", filter);
  for (const explain::Backend& backend : it.backends) {
    constexpr size_t kMost = 5;
    const size_t shown = std::min(backend.endpoints.size(), kMost);
    const std::vector<std::string> some(backend.endpoints.begin(),
                                        backend.endpoints.begin() + static_cast<long>(shown));
    line("backend",
         fmt::format("{} (weight {}): {}{}", backend.cluster, backend.weight,
                     some.empty() ? "no endpoints" : fmt::format("{}", fmt::join(some, ", ")),
                     backend.endpoints.size() > shown ? ", ..." : ""));
  }
  for (const explain::NearMiss& miss : it.near_misses)
    line("near miss", text_of(miss.source) + ": " + miss.reason);
}

}  // namespace

int explain(const ExplainOptions& options) {
  const auto request = explain::make_request(options.url, options.method, options.headers);
  if (!request) {
    fmt::print(stderr, "limen: {}\n", request.error().message);
    return kUsage;
  }
  const Offline offline = load_offline(options.paths);
  for (const auto& problem : offline.problems) fmt::print(stderr, "{}\n", text_of(problem));
  const explain::Explanation explanation = explain::explain(offline.output, *request);
  if (options.output == "json")
    fmt::print("{}\n", to_json(json_of(explanation), 2));
  else
    print(*request, explanation);
  return explanation.source ? kOk : kInvalid;
}

}  // namespace limen::ctl

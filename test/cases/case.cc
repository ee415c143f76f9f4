#include "case.h"

#include <fmt/format.h>

#include "base/yaml.h"
#include "xds/resources/resource_json.h"

namespace limen::cases {
namespace {

const char* word_of(xds::ResourceType type) {
  switch (type) {
    case xds::ResourceType::kCluster: return "clusters";
    case xds::ResourceType::kEndpoints: return "endpoints";
    case xds::ResourceType::kListener: return "listeners";
    case xds::ResourceType::kRouteConfiguration: return "routes";
    case xds::ResourceType::kSecret: return "secrets";
    case xds::ResourceType::kExtensionConfig: return "extensions";
  }
  __builtin_unreachable();
}

const Json* element_of(const Json& list, const std::string& word) {
  for (size_t i = 0; i < list.as_array().size(); ++i) {
    const Json& element = list.as_array()[i];
    if (word == std::to_string(i) || element.text("type") == word || element.text("name") == word)
      return &element;
  }
  return nullptr;
}

std::string text_of(const Json& value) {
  return value.is_string() ? value.as_string() : to_json(value);
}

// A host that has loopback addresses only, or a cluster.
translate::Options options_of_case(bool kubernetes) {
  translate::Options options;
  options.host_addresses.emplace();
  if (!kubernetes) return options;
  options.platform = translate::Platform::kKubernetes;
  options.first_unprivileged_port = 1024;
  return options;
}

std::vector<std::string> texts_of(const Json* list) {
  std::vector<std::string> texts;
  if (list == nullptr) return texts;
  for (const Json& each : list->as_array()) texts.push_back(each.as_string());
  return texts;
}

translate::ProxyState state_of(const Json& json) {
  translate::ProxyState state;
  state.proxy = json.text("proxy");
  state.message = json.text("message");
  state.running = state.message.empty();
  for (const std::string& address : texts_of(json.find("addresses")))
    state.addresses.push_back({"IPAddress", address, {}});
  state.cluster_addresses = texts_of(json.find("clusterAddresses"));
  return state;
}

translate::OidcIssuer issuer_of(const Json& json) {
  translate::OidcIssuer issuer{
      {std::string(json.text("issuer")), std::string(json.text("backend"))},
      {},
      std::string(json.text("message"))};
  if (issuer.message.empty())
    issuer.endpoints = {std::string(json.text("authorization")), std::string(json.text("token")),
                        std::string(json.text("endSession"))};
  return issuer;
}

class Player {
 public:
  void document(const Json& document, int line) {
    line_ = line;
    if (const Json* expectation = document.find("expect")) return expect(*expectation);
    if (const Json* platform = document.find("platform")) {
      options_ = options_of_case(platform->as_string() == "Kubernetes");
    } else if (const Json* state = document.find("proxyState")) {
      new_states_.push_back(state_of(*state));
      states_[new_states_.back().proxy] = new_states_.back();
    } else if (const Json* issuer = document.find("oidcIssuer")) {
      new_issuers_.push_back(issuer_of(*issuer));
      issuers_[new_issuers_.back().name] = new_issuers_.back();
    } else if (const Json* key = document.find("cookieKey")) {
      cookie_key_ = key->as_string();
    } else if (const Json* identity = document.find("delete")) {
      store_.remove_file(identity->as_string());
    } else {
      const api::ParsedObject parsed = api::parse_object(document);
      if (parsed.kind == nullptr)
        return fail("a document is no object, no `delete` and no `expect`");
      store_.set_file(api::text_of(*parsed.kind, parsed.key), to_yaml(document));
    }
    ++now_;
  }

  std::vector<std::string> failures() && {
    if (expectations_ == 0) fail("the case expects nothing");
    return std::move(failures_);
  }

 private:
  void fail(const std::string& what) {
    failures_.push_back(fmt::format("line {}: {}", line_, what));
  }

  // Steps up to here are one batch; a translator that sees the world for the first time must come
  // to the same.
  size_t commit() {
    api::ChangeBatch changes = store_.take_changes();
    for (const auto& change : changes) {
      const auto key = std::make_pair(change.kind, change.key);
      if (std::holds_alternative<std::monostate>(change.object))
        world_.erase(key);
      else
        world_[key] = change;
    }
    if (translator_ == nullptr) translator_ = std::make_unique<translate::Translator>(options_);
    const translate::Output output = translator_->apply({std::move(changes),
                                                         {},
                                                         std::exchange(new_states_, {}),
                                                         std::exchange(new_issuers_, {}),
                                                         cookie_key_});
    view_.take(output);
    translate::Translator fresh(options_);
    api::ChangeBatch all;
    for (const auto& [key, change] : world_) all.push_back(change);
    View anew;
    std::vector<translate::ProxyState> states;
    for (const auto& [proxy, state] : states_) states.push_back(state);
    std::vector<translate::OidcIssuer> issuers;
    for (const auto& [name, issuer] : issuers_) issuers.push_back(issuer);
    anew.take(
        fresh.apply({std::move(all), {}, std::move(states), std::move(issuers), cookie_key_}));
    if (const std::string difference = view_.difference(anew); !difference.empty())
      fail("step by step and from nothing differ: " + difference);
    return output.rows;
  }

  void expect(const Json& expectation) {
    ++expectations_;
    const size_t rows = commit();
    const auto xds = view_.xds();
    for (const auto& [word, value] : expectation.as_object()) {
      if (word == "status")
        check(value, view_.statuses());
      else if (word == "xds")
        check(value, xds);
      else if (word == "plans")
        check(value, view_.plans());
      else if (word == "wantedIssuers")
        check(value, view_.wanted_issuers());
      else if (word == "problems")
        check_problems(value);
      else if (word != "rows")
        fail("unknown expectation " + word);
      else if (static_cast<int64_t>(rows) > value.as_integer())
        fail(fmt::format("{} rows ran, more than {}", rows, value.as_integer()));
    }
  }

  void check(const Json& expected, const std::map<std::string, Json>& actual) {
    for (const auto& [name, value] : expected.as_object()) {
      const auto it = actual.find(name);
      const auto problem = mismatch(value, it == actual.end() ? nullptr : &it->second, name);
      if (!problem) continue;
      fail(*problem);
      if (it != actual.end()) continue;
      for (const auto& [other, ignored] : actual) fail("  there is " + other);
    }
  }

  void check_problems(const Json& expected) {
    const auto problems = store_.problems();
    if (problems.size() != expected.as_array().size())
      fail(fmt::format("{} problems, not {}", problems.size(), expected.as_array().size()));
    for (size_t i = 0; i < problems.size(); ++i) {
      const auto& it = problems[i];
      const std::string text = fmt::format("{}: {}: {}: {}", it.object, it.problem.path,
                                           it.problem.reason, it.problem.message);
      const bool found = i < expected.as_array().size() &&
                         text.find(expected.as_array()[i].as_string()) != std::string::npos;
      if (!found) fail("problem: " + text);
    }
  }

  int64_t now_ = 1'700'000'000;
  int line_ = 0;
  size_t expectations_ = 0;
  providers::ObjectStore store_{[this] { return now_; }};
  std::map<std::pair<api::Kind, api::ObjectKey>, api::ObjectChange> world_;
  translate::Options options_ = options_of_case(false);
  std::map<std::string, translate::ProxyState> states_;
  std::vector<translate::ProxyState> new_states_;
  std::map<translate::IssuerName, translate::OidcIssuer> issuers_;
  std::vector<translate::OidcIssuer> new_issuers_;
  std::optional<std::string> cookie_key_;
  std::unique_ptr<translate::Translator> translator_;
  View view_;
  std::vector<std::string> failures_;
};

}  // namespace

void View::take(const translate::Output& output) {
  for (const auto& change : output.resources) {
    const std::string name =
        fmt::format("{} {} {}", word_of(change.type), change.proxy, change.name);
    if (change.resource == nullptr)
      resources_.erase(name);
    else
      resources_[name] = {change.type, change.resource};
  }
  for (const auto& change : output.statuses) {
    const std::string name = api::text_of(api::info(change.kind), change.key);
    if (change.gone())
      statuses_.erase(name);
    else
      statuses_[name] = translate::emit_status(change.status);
  }
  for (const translate::IssuerChange& change : output.issuers) {
    const auto& [issuer, backend] = change.name;
    const std::string name = backend.empty() ? issuer : issuer + " " + backend;
    if (change.trust == nullptr) {
      wanted_issuers_.erase(name);
      continue;
    }
    Json& trust = wanted_issuers_[name] = Json(Json::Object{});
    trust.set("authorities", change.trust->authorities);
    trust.set("verify", change.trust->verify);
  }
  for (const infra::PlanChange& change : output.plans) {
    if (change.plan == nullptr)
      plans_.erase(change.proxy);
    else
      plans_[change.proxy] = change.plan;
  }
}

std::map<std::string, Json> View::plans() const {
  std::map<std::string, Json> result;
  for (const auto& [proxy, plan] : plans_) {
    Json::Array ports;
    for (const infra::PlanPort& port : plan->ports) {
      Json entry{Json::Object{}};
      entry.set("listener", port.listener);
      entry.set("port", static_cast<int64_t>(port.port));
      entry.set("bindPort", static_cast<int64_t>(port.bind_port));
      entry.set("protocol", port.protocol);
      entry.set("udp", port.is_udp());
      ports.push_back(std::move(entry));
    }
    Json json{Json::Object{}};
    json.set("ports", std::move(ports));
    json.set("addresses", Json::Array(plan->addresses.begin(), plan->addresses.end()));
    json.set("clusterOnly", plan->cluster_only);
    json.set("labels", Json::Object(plan->labels.begin(), plan->labels.end()));
    json.set("annotations", Json::Object(plan->annotations.begin(), plan->annotations.end()));
    result[proxy] = std::move(json);
  }
  return result;
}

std::map<std::string, Json> View::xds() const {
  std::map<std::string, Json> result;
  for (const auto& [name, resource] : resources_) {
    const Result<Json> json = xds::to_json(resource.first, *resource.second, false);
    result[name] = json ? *json : Json("unreadable: " + json.error().message);
  }
  return result;
}

std::string View::difference(const View& other) const {
  std::string result;
  const auto compare = [&](const auto& mine, const auto& theirs, auto equal) {
    for (const auto& [name, value] : mine) {
      const auto it = theirs.find(name);
      if (it == theirs.end() || !equal(value, it->second)) result += name + "; ";
    }
    for (const auto& [name, value] : theirs) {
      if (!mine.contains(name)) result += name + " (is missing); ";
    }
  };
  compare(resources_, other.resources_, [](const auto& a, const auto& b) {
    return xds::serialise(*a.second) == xds::serialise(*b.second);
  });
  compare(statuses_, other.statuses_, [](const auto& a, const auto& b) { return a == b; });
  compare(wanted_issuers_, other.wanted_issuers_,
          [](const auto& a, const auto& b) { return a == b; });
  compare(plans_, other.plans_, [](const auto& a, const auto& b) { return *a == *b; });
  return result;
}

std::optional<std::string> mismatch(const Json& expected, const Json* actual,
                                    const std::string& path) {
  if (expected.is_null())
    return actual == nullptr ? std::nullopt : std::optional(path + ": is there");
  if (actual == nullptr) return path + ": is missing";
  if (expected.is_object() && (actual->is_object() || actual->is_array())) {
    for (const auto& [name, value] : expected.as_object()) {
      const Json* element = actual->is_object() ? actual->find(name) : element_of(*actual, name);
      if (auto problem = mismatch(value, element, path + "." + name)) return problem;
    }
    return std::nullopt;
  }
  if (expected.is_array() && actual->is_array()) {
    if (expected.as_array().size() != actual->as_array().size()) {
      return fmt::format("{}: {} elements, not {}: {}", path, actual->as_array().size(),
                         expected.as_array().size(), to_json(*actual));
    }
    for (size_t i = 0; i < expected.as_array().size(); ++i) {
      if (auto problem = mismatch(expected.as_array()[i], &actual->as_array()[i],
                                  fmt::format("{}[{}]", path, i)))
        return problem;
    }
    return std::nullopt;
  }
  if (text_of(expected) == text_of(*actual)) return std::nullopt;
  return fmt::format("{}: {}, not {}", path, text_of(*actual), text_of(expected));
}

std::vector<std::string> play(const std::string& text) {
  Player player;
  for (const YamlDocument& document : parse_yaml(text)) {
    if (document.problem)
      return {fmt::format("line {}: {}", document.problem->line, document.problem->message)};
    player.document(document.value, document.line);
  }
  return std::move(player).failures();
}

}  // namespace limen::cases

// The law of Cluster: what the translator makes of what is kept is what it would make of
// everything, whatever comes and goes in whatever order it is told.
#include <gtest/gtest.h>

#include <deque>
#include <map>
#include <random>
#include <set>

#include "api/objects.h"
#include "base/json_text.h"
#include "base/yaml.h"
#include "providers/kube/cluster.h"
#include "providers/kube/label_selector.h"
#include "translate/labels.h"
#include "translate/translator.h"

namespace limen::providers {
namespace {

using Identity = std::pair<api::Kind, api::ObjectKey>;

Json read(const std::string& yaml) { return parse_yaml_chunk(split_yaml(yaml).at(0))->value; }

// An API server's objects, and what its watches have not told yet.
class FakeServer {
 public:
  explicit FakeServer(uint32_t seed) : random_(seed) {}

  int pick(int count) { return std::uniform_int_distribution<int>(0, count - 1)(random_); }

  void follow(kube::Follow follow) {
    Watch& watch = watches_.emplace_back();
    watch.kind = api::find_kind_by_word(follow.kind);
    watch.follow = std::move(follow);
    list(watch);
  }

  void put(const Json& object) {
    const api::ParsedObject parsed = api::parse_object(object);
    ASSERT_TRUE(parsed.problems.empty()) << to_json(object) << parsed.problems[0].message;
    objects_[{parsed.kind->kind, parsed.key}] = object;
    note(*parsed.kind, {false, object});
  }

  void remove_any() {
    if (objects_.empty()) return;
    const auto it = std::next(objects_.begin(), pick(static_cast<int>(objects_.size())));
    note(api::info(it->first.first), {true, it->second});
    objects_.erase(it);
  }

  void ask(const kube::Request& request, std::function<void(kube::Answer)> done) {
    questions_.emplace_back(request.path, std::move(done));
  }

  // A watch tells something, a list begins anew, or a question is answered.  False: all is said.
  bool step() {
    std::vector<std::function<void()>> ways;
    for (Watch& watch : watches_) {
      if (!watch.events.empty()) ways.emplace_back([&watch] { tell(watch); });
    }
    if (!questions_.empty()) ways.emplace_back([this] { answer(); });
    if (!answers_.empty()) ways.emplace_back([this] { deliver(); });
    if (ways.empty()) return false;
    if (pick(25) == 0) {
      list(watches_[static_cast<size_t>(pick(static_cast<int>(watches_.size())))]);
    } else {
      ways[static_cast<size_t>(pick(static_cast<int>(ways.size())))]();
    }
    return true;
  }

  const std::map<Identity, Json>& objects() const { return objects_; }

 private:
  struct Watch {
    const api::KindInfo* kind;
    kube::Follow follow;
    std::deque<kube::Delivery> events;
  };

  // In pages, as of now; what happens later follows.
  void list(Watch& watch) {
    watch.events.clear();
    watch.events.push_back({true, {}, false});
    for (const auto& [identity, object] : objects_) {
      if (identity.first == watch.kind->kind)
        watch.events.push_back({false, {{false, object}}, false});
    }
    watch.events.push_back({false, {}, true});
  }

  static void tell(Watch& watch) {
    kube::Delivery delivery = std::move(watch.events.front());
    watch.events.pop_front();
    const auto take = watch.follow.take;
    take(std::move(delivery));
  }

  void note(const api::KindInfo& kind, kube::ObjectEvent event) {
    for (Watch& watch : watches_) {
      if (watch.kind == &kind) watch.events.push_back({false, {std::move(event)}, false});
    }
  }

  // Of "/apis/GROUP/VERSION[/namespaces/NS]/PLURAL?limit=500[&fieldSelector=metadata.name%3DNAME]".
  void answer() {
    const auto which = questions_.begin() + pick(static_cast<int>(questions_.size()));
    const auto [path, done] = std::move(*which);
    questions_.erase(which);
    const auto part = [&path](const std::string& after, const char* ends) {
      const size_t at = path.find(after);
      if (at == std::string::npos) return std::string();
      const size_t begin = at + after.size();
      return path.substr(begin, path.find_first_of(ends, begin) - begin);
    };
    const std::string name_space = part("/namespaces/", "/"), name = part("metadata.name%3D", "&");
    const size_t query = path.find('?'), slash = path.rfind('/', query);
    const auto* kind = api::find_kind_by_word(path.substr(slash + 1, query - slash - 1));
    kube::Answer answer;
    if (pick(10) == 0) {  // later, perhaps
      answer.status = 410;
    } else {
      answer.status = 200;
      Json::Array items;
      for (const auto& [identity, object] : objects_) {
        const auto& [its_kind, key] = identity;
        if (its_kind == kind->kind && (name_space.empty() || key.name_space == name_space) &&
            (name.empty() || key.name == name))
          items.push_back(object);
      }
      answer.body.set("items", std::move(items));
    }
    answers_.emplace_back(
        [done = done, answer = std::move(answer)]() mutable { done(std::move(answer)); });
  }

  void deliver() {
    const auto which = answers_.begin() + pick(static_cast<int>(answers_.size()));
    const auto tell = std::move(*which);
    answers_.erase(which);
    tell();
  }

  std::minstd_rand random_;
  std::map<Identity, Json> objects_;
  std::deque<Watch> watches_;
  std::vector<std::pair<std::string, std::function<void(kube::Answer)>>> questions_;
  std::vector<std::function<void()>> answers_;  // on their way
};

// All that a translator has said, as it stands.
struct Outcome {
  std::map<std::string, std::string> entries;

  void add(const translate::Output& output) {
    for (const auto& change : output.resources) {
      const std::string name =
          fmt::format("{} {} {}", change.proxy, static_cast<int>(change.type), change.name);
      set(name, change.resource == nullptr ? "" : fmt::format("{:x}", change.resource->hash));
    }
    for (const auto& change : output.statuses) {
      std::string text = change.gone() ? "" : to_json(translate::emit_status(change.status));
      if (text == R"({"parents":[]})" || text == R"({"ancestors":[]})") text.clear();
      set(api::text_of(api::info(change.kind), change.key), text);
    }
  }

 private:
  void set(const std::string& name, const std::string& value) {
    if (value.empty())
      entries.erase(name);
    else
      entries[name] = value;
  }
};

class ClusterProperty : public testing::TestWithParam<int> {
 protected:
  std::string any(std::initializer_list<const char*> words) {
    return *(words.begin() + server_.pick(static_cast<int>(words.size())));
  }
  std::string name_space() { return any({"a", "b"}); }

  static Json object(const std::string& type, const std::string& name_space,
                     const std::string& name, const std::string& rest) {
    return read(fmt::format("{{apiVersion: {}, metadata: {{{}name: {}}}, {}}}", type,
                            name_space.empty() ? "" : "namespace: " + name_space + ", ", name,
                            rest));
  }

  Json any_object() { return server_.pick(13) < 8 ? any_gateway_object() : any_other_object(); }

  Json any_gateway_object() {
    const std::string gateway_api = "gateway.networking.k8s.io/v1, kind: ";
    const std::string ns = name_space();
    switch (server_.pick(8)) {
      case 0:
        return object(gateway_api + "GatewayClass", "", any({"c", "d"}),
                      "spec: {controllerName: " +
                          any({"other.test/c", "gateway.envoyproxy.io/gatewayclass-controller"}) +
                          any({"",
                               ", parametersRef: {group: gateway.envoyproxy.io, kind: "
                               "EnvoyProxy, name: p, namespace: a}"}) +
                          "}");
      case 1:
      case 2:
        return object(gateway_api + "Gateway", ns, any({"g", "h"}),
                      "spec: {gatewayClassName: " + any({"c", "d"}) +
                          ", allowedListeners: {namespaces: {from: All}}, listeners: [{name: "
                          "l, port: 80, protocol: HTTP, allowedRoutes: {namespaces: {from: "
                          "Selector, selector: {matchLabels: {env: x}}}}}, {name: m, port: 443, "
                          "protocol: HTTPS, tls: {certificateRefs: [{name: " +
                          any({"s", "t"}) + any({"", ", namespace: a"}) + "}]}}]}");
      case 3:
        return object(gateway_api + "ListenerSet", ns, any({"v", "w"}),
                      "spec: {parentRef: {name: " + any({"g", "h"}) + ", namespace: " +
                          name_space() + "}, listeners: [{name: n, port: 90, protocol: HTTP}]}");
      case 4:
      case 5:
      case 6:
        return object(
            gateway_api + "HTTPRoute", ns, any({"q", "r"}),
            "spec: {parentRefs: [{name: " + any({"g", "h"}) + ", namespace: " + name_space() +
                "}, {kind: ListenerSet, name: " + any({"v", "w"}) +
                "}], rules: [{backendRefs: [{name: " + any({"s", "t"}) +
                ", port: 80}, {group: gateway.envoyproxy.io, kind: Backend, name: b}]}]}");
      default:
        return object(gateway_api + "BackendTLSPolicy", ns, any({"x", "y"}),
                      "spec: {targetRefs: [{group: '', kind: Service, name: " + any({"s", "t"}) +
                          "}], validation: {hostname: h, caCertificateRefs: [{group: '', kind: " +
                          any({"ConfigMap, name: m", "Secret, name: s"}) + "}]}}");
    }
  }

  Json any_other_object() {
    const std::string ns = name_space();
    switch (server_.pick(5)) {
      case 0:
        return object("v1, kind: Service", ns, any({"s", "t"}), "spec: {ports: [{port: 80}]}");
      case 1:
        return read(fmt::format(
            "{{apiVersion: discovery.k8s.io/v1, kind: EndpointSlice, metadata: {{name: {}, "
            "namespace: {}, labels: {{kubernetes.io/service-name: {}}}}}, addressType: IPv4, "
            "ports: [{{port: 8080}}], endpoints: [{{addresses: [10.0.0.{}]}}]}}",
            any({"s-1", "s-2", "t-1"}), ns, any({"s", "t"}), server_.pick(200) + 1));
      case 2:
        return object("v1, kind: " + any({"Secret", "ConfigMap"}), ns, any({"s", "t", "m"}),
                      "data: {ca.crt: " + any({"YQ==", "Yg=="}) + "}");
      case 3:
        return read(
            fmt::format("{{apiVersion: v1, kind: Namespace, metadata: {{name: {}, labels: {{env: "
                        "{}}}}}}}",
                        ns, any({"x", "y"})));
      default:
        return server_.pick(2) == 0
                   ? object("gateway.envoyproxy.io/v1alpha1, kind: EnvoyProxy", "a", "p",
                            "spec: {mergeGateways: " + any({"true", "false"}) + "}")
                   : object("gateway.envoyproxy.io/v1alpha1, kind: Backend", ns, "b",
                            "spec: {endpoints: [{ip: {address: 10.1.1.1, port: 1}}]}");
    }
  }

  // Whether the selector lets the translator see it.
  bool is_selected(const Identity& identity) const {
    const auto& [kind, key] = identity;
    if (!selector_ || !api::info(kind).namespaced) return true;
    const auto it = server_.objects().find({api::Kind::kNamespace, {"", key.name_space}});
    return it != server_.objects().end() &&
           it->second.find("metadata")->find("labels")->text("env") == "x";
  }

  Outcome of_everything() const {
    translate::Translator translator{translate::Options()};
    api::ChangeBatch all;
    for (const auto& [identity, object] : server_.objects()) {
      if (is_selected(identity))
        all.push_back({identity.first, identity.second, api::parse_object(object).object});
    }
    Outcome outcome;
    outcome.add(translator.apply({std::move(all), {}, {}}));
    return outcome;
  }

  void apply() {
    if (cluster_.synced()) outcome_.add(translator_.apply({cluster_.take_changes(), {}, {}}));
  }

  // Backends are followed, and get a status, once there is a class of ours.
  std::map<std::string, std::string> of_interest(const Outcome& outcome) const {
    std::map<std::string, std::string> entries = outcome.entries;
    const bool any_class = std::ranges::any_of(server_.objects(), [](const auto& each) {
      return each.first.first == api::Kind::kGatewayClass &&
             each.second.find("spec")->text("controllerName") ==
                 translate::Options().controller_name;
    });
    if (!any_class)
      std::erase_if(entries, [](const auto& it) { return it.first.starts_with("Backend/"); });
    return entries;
  }

  void check() {
    while (server_.step()) {
    }
    if (server_.pick(2) == 0) cluster_.sweep();
    apply();
    EXPECT_EQ(of_interest(outcome_), of_interest(of_everything()));
  }

  FakeServer server_{static_cast<uint32_t>(GetParam() + 1)};
  std::optional<api::LabelSelector> selector_ =
      GetParam() % 3 == 0 ? std::optional(*parse_label_selector("env=x")) : std::nullopt;
  EventLoop loop_;
  translate::Translator translator_{translate::Options()};
  Outcome outcome_;
  Cluster cluster_{{translate::Options().controller_name, {}, selector_},
                   loop_,
                   [this](const kube::Request& request, std::function<void(kube::Answer)> done) {
                     server_.ask(request, std::move(done));
                   },
                   {[this](kube::Follow follow) { server_.follow(std::move(follow)); },
                    [](const Sighting&) {}, [](auto&&...) {}, [] {}}};
};

TEST_P(ClusterProperty, WhatIsKeptIsEnough) {
  for (int i = server_.pick(40); i > 0; --i) server_.put(any_object());
  cluster_.start();
  size_t kept = 0, most = 0;
  for (int round = 0; round < 12 && !HasFailure(); ++round) {
    for (int i = server_.pick(25); i > 0; --i) {
      if (server_.pick(3) == 0)
        server_.remove_any();
      else
        server_.put(any_object());
      for (int steps = server_.pick(9); steps > 0; --steps) server_.step();
      if (server_.pick(3) == 0) apply();
      if (server_.pick(12) == 0) cluster_.sweep();
    }
    check();
    kept += cluster_.objects();
    most += server_.objects().size();
  }
  RecordProperty("kept", static_cast<int>(kept));
  EXPECT_LE(kept, most);
}

INSTANTIATE_TEST_SUITE_P(Seeds, ClusterProperty, testing::Range(0, 400));

}  // namespace
}  // namespace limen::providers

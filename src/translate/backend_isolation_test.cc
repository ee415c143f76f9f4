// Plays an Envoy that refuses endpoints with a certain address.
#include "translate/backend_isolation.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "translate/test_objects.h"
#include "translate/translator.h"

namespace limen::translate {
namespace {

constexpr char kBad[] = "::::::";
constexpr char kName[] = "backend/default/b";

class RefusedBackend : public testing::Test {
 protected:
  RefusedBackend() {
    apply({our_class(), gateway("listeners: [{name: http, port: 80, protocol: HTTP}]"),
           route("user", "b"), route("other", "other"), backend("other", "127.0.0.9")});
  }

  static api::ObjectChange backend(const std::string& name, const std::string& address) {
    return object(fmt::format(
        "{{apiVersion: gateway.envoyproxy.io/v1alpha1, kind: Backend, metadata: {{name: {}}}, "
        "spec: {{endpoints: [{{ip: {{address: '{}', port: 1}}}}]}}}}",
        name, address));
  }
  static api::ObjectChange route(const std::string& name, const std::string& to) {
    return object(fmt::format(
        "{{apiVersion: gateway.networking.k8s.io/v1, kind: HTTPRoute, metadata: {{name: {}}}, "
        "spec: {{parentRefs: [{{name: g}}], rules: [{{backendRefs: [{{group: "
        "gateway.envoyproxy.io, kind: Backend, name: {}}}]}}]}}}}",
        name, to));
  }

  void apply(api::ChangeBatch changes) { take(translator_.apply({std::move(changes), {}, {}})); }

  template <class T>
  using Shared = std::shared_ptr<const T>;

  void take(const Output& output) {
    for (const auto& change : output.resources) {
      if (change.type == xds::ResourceType::kEndpoints && change.name == kName)
        offered_ = change.resource;
    }
    for (const auto& change : output.statuses) {
      const std::string who = fmt::format("{} {}", api::info(change.kind).name, change.key.name);
      told_.erase(who);
      if (change.gone()) continue;
      if (const auto* route = std::get_if<Shared<api::RouteStatus>>(&change.status)) {
        const auto& resolved = (*route)->parents.at(0).conditions.at(1);
        if (resolved.reason == "InvalidBackendRef") told_[who] = resolved.message;
      } else if (const auto* backend = std::get_if<Shared<api::BackendStatus>>(&change.status)) {
        if ((*backend)->conditions.at(0).reason == "Invalid")
          told_[who] = (*backend)->conditions.at(0).message;
      }
    }
  }

  // Envoy's answer to what was offered last, and to what is offered then.
  void converse() {
    for (uint64_t answered = 0; offered_ != nullptr && offered_->hash != answered;) {
      answered = offered_->hash;
      const bool bad = offered_->bytes.find(kBad) != std::string::npos;
      if (!bad) in_force_ = offered_->bytes;
      answer(answered, bad ? "malformed" : "");
    }
  }
  void answer(uint64_t hash, const std::string& refusal) {
    take(translator_.apply(
        {{}, {{"default/g", xds::ResourceType::kEndpoints, kName, hash, refusal}}, {}}));
  }
  bool serves(const std::string& address) const {
    return in_force_.find(address) != std::string::npos;
  }

  Translator translator_{Options{}};
  xds::FragmentPtr offered_;
  std::string in_force_;
  std::map<std::string, std::string> told_;
};

TEST_F(RefusedBackend, TheLastGoodVersionIsSentAgain) {
  apply({backend("b", "127.0.0.1")});
  converse();
  apply({backend("b", kBad)});
  converse();
  EXPECT_TRUE(serves("127.0.0.1"));
  EXPECT_NE(offered_->bytes.find("127.0.0.1"), std::string::npos);
  const std::string message =
      "Envoy refuses the endpoints of backend/default/b: malformed; the last good version stays in "
      "force";
  EXPECT_EQ(told_, (std::map<std::string, std::string>{{"Backend b", message},
                                                       {"HTTPRoute user", message}}));
  apply({backend("b", "127.0.0.2")});
  converse();
  EXPECT_TRUE(told_.empty());
  EXPECT_TRUE(serves("127.0.0.2"));
}

TEST_F(RefusedBackend, ANewOneIsLeftOut) {
  apply({backend("b", kBad)});
  converse();
  EXPECT_EQ(offered_, nullptr);
  EXPECT_EQ(told_["Backend b"],
            "Envoy refuses the endpoints of backend/default/b: malformed; it is left out");
}

TEST_F(RefusedBackend, SeveralBadVersionsKeepTheSameGoodOne) {
  apply({backend("b", "127.0.0.1")});
  converse();
  apply({backend("b", kBad)});
  converse();
  apply({backend("b", fmt::format("{}1", kBad))});
  converse();
  EXPECT_TRUE(serves("127.0.0.1"));
  EXPECT_EQ(told_.size(), 2u);
}

TEST_F(RefusedBackend, AnAnswerToAnOlderVersionIsOfNoAccount) {
  apply({backend("b", "127.0.0.1")});
  converse();
  apply({backend("b", kBad)});
  const uint64_t older = offered_->hash;
  apply({backend("b", "127.0.0.2")});
  answer(older, "malformed");
  EXPECT_TRUE(told_.empty());
  converse();
  EXPECT_TRUE(serves("127.0.0.2"));
}

TEST_F(RefusedBackend, ARouteThatComesLaterIsTold) {
  apply({backend("b", kBad)});
  converse();
  apply({route("late", "b")});
  EXPECT_TRUE(told_.contains("HTTPRoute late"));
  apply({route("user", "other")});
  EXPECT_FALSE(told_.contains("HTTPRoute user"));
}

TEST_F(RefusedBackend, ADeletedBackendIsForgotten) {
  apply({backend("b", kBad)});
  converse();
  apply({{api::Kind::kBackend, {"default", "b"}, {}}});
  apply({backend("b", "127.0.0.1")});
  converse();
  EXPECT_TRUE(told_.empty());
  EXPECT_TRUE(serves("127.0.0.1"));
}

// The same of a cluster.
class RefusedCluster : public RefusedBackend {
 protected:
  xds::FragmentPtr cluster_of(const Output& output) const {
    xds::FragmentPtr cluster;
    for (const auto& change : output.resources) {
      if (change.type == xds::ResourceType::kCluster && change.name == kName)
        cluster = change.resource;
    }
    return cluster;
  }
  Output answered(const xds::FragmentPtr& cluster, const std::string& refusal) {
    return translator_.apply(
        {{}, {{"default/g", xds::ResourceType::kCluster, kName, cluster->hash, refusal}}, {}});
  }
};

TEST_F(RefusedCluster, TlsThatIsRefusedDoesNotBecomePlainText) {
  const auto plain = cluster_of(translator_.apply({{backend("b", "127.0.0.1")}, {}, {}}));
  answered(plain, "");
  const auto policy = object(
      "{apiVersion: gateway.networking.k8s.io/v1, kind: BackendTLSPolicy, metadata: {name: p}, "
      "spec: {targetRefs: [{group: gateway.envoyproxy.io, kind: Backend, name: b}], validation: "
      "{hostname: b.test, wellKnownCACertificates: System}}}");
  const auto secured = cluster_of(translator_.apply({{policy}, {}, {}}));
  const Output refused = answered(secured, "no such file");
  const auto stand_in = cluster_of(refused);
  ASSERT_NE(stand_in, nullptr);
  EXPECT_NE(*stand_in, *plain);
  take(refused);
  EXPECT_EQ(told_["Backend b"],
            "Envoy refuses cluster backend/default/b: no such file; nothing is sent there");
}

}  // namespace
}  // namespace limen::translate

// Which certificates are wanted, and where challenges are answered.
#include <envoy/config/listener/v3/listener.pb.h>
#include <envoy/config/route/v3/route.pb.h>
#include <fmt/format.h>

#include <map>

#include "features/security.h"
#include "pki/authority.h"
#include "translate/test_objects.h"
#include "translate/translator.h"

namespace limen::translate {
namespace {

using acme::ChallengeType;
namespace route_v3 = envoy::config::route::v3;

constexpr char kPlain80[] = "{name: http, port: 80, protocol: HTTP}";

std::string https(const std::string& name, const std::string& host,
                  const std::string& secret = "cert") {
  return fmt::format(
      "{{name: {}, port: 443, protocol: HTTPS{}, tls: {{certificateRefs: [{{name: {}}}]}}}}", name,
      host.empty() ? "" : ", hostname: '" + host + "'", secret);
}

std::string policy(const std::string& name, const std::string& target, const std::string& issuers) {
  return fmt::format(
      "{{apiVersion: limen.dev/v1alpha1, kind: CertificatePolicy, metadata: {{name: {}}}, spec: "
      "{{targetRefs: [{{group: gateway.networking.k8s.io, kind: Gateway, name: g{}}}], acme: "
      "{{issuers: [{}]}}}}}}",
      name, target, issuers);
}

class CertificateTest : public testing::Test {
 protected:
  void apply(const Input& input) {
    const Output output = translator_.apply(input);
    for (const CertificateChange& change : output.certificates) {
      wanted_.erase(change.secret.text());
      if (change.wanted != nullptr) wanted_[change.secret.text()] = *change.wanted;
    }
    for (const StatusChange& change : output.statuses) {
      if (const auto* status =
              std::get_if<std::shared_ptr<const api::PolicyStatus>>(&change.status))
        policies_[change.key.text()] = **status;
    }
    for (const xds::ResourceChange& change : output.resources) {
      auto& resources = change.type == xds::ResourceType::kListener ? listeners_ : resources_;
      resources.erase(change.name);
      if (change.resource != nullptr) resources[change.name] = xds::serialise(*change.resource);
    }
  }
  void apply(api::ChangeBatch objects) { apply(Input{std::move(objects), {}, {}}); }
  void challenge(const std::string& name, const std::string& token, bool present = true,
                 ChallengeType type = ChallengeType::kHttp01) {
    Input input;
    const PendingChallenge pending{{type, name, token, token + ".print"}, {"cert pem", "key pem"}};
    input.challenges.push_back(
        {"default/g", token, present ? std::optional(pending) : std::nullopt});
    apply(input);
  }
  std::string condition(const std::string& policy, const std::string& type) const {
    for (const auto& condition : policies_.at(policy).ancestors.at(0).conditions) {
      if (condition.type == type) return fmt::format("{} {}", condition.reason, condition.message);
    }
    return {};
  }

  // Domain -> the path of its first route.
  std::map<std::string, std::string> first_routes(const std::string& name) const {
    route_v3::RouteConfiguration message;
    EXPECT_TRUE(message.ParseFromString(resources_.at(name)));
    std::map<std::string, std::string> result;
    for (const auto& host : message.virtual_hosts()) {
      const std::string path = host.routes().empty() ? "" : host.routes(0).match().path();
      EXPECT_TRUE(result.emplace(host.domains(0), path).second) << host.domains(0) << " twice";
    }
    return result;
  }

  Translator translator_{Options{}};
  std::map<std::string, WantedCertificate> wanted_;
  std::map<std::string, api::PolicyStatus> policies_;
  std::map<std::string, std::string> resources_, listeners_;
};

constexpr char kIssuer[] = "{server: 'https://ca/dir'}";

TEST_F(CertificateTest, APolicyMakesAListenersCertificateWanted) {
  apply({our_class(),
         gateway(fmt::format("listeners: [{}, {}]", kPlain80, https("a", "a.example"))),
         object(policy("p", "",
                       "{server: 'https://ca/dir', email: ops@a.example, keyType: RSA-2048}"))});
  ASSERT_EQ(wanted_.size(), 1u);
  const WantedCertificate& wanted = wanted_.at("default/cert");
  EXPECT_EQ(wanted.wanted.names, std::vector<std::string>{"a.example"});
  EXPECT_EQ(wanted.proxies, std::vector<std::string>{"default/g"});
  ASSERT_EQ(wanted.wanted.issuers.size(), 1u);
  const acme::Issuer& issuer = wanted.wanted.issuers[0];
  EXPECT_EQ(issuer.account.directory_url, "https://ca/dir");
  EXPECT_EQ(issuer.account.email, "ops@a.example");
  EXPECT_EQ(issuer.key_type, acme::KeyType::kRsa2048);
  EXPECT_EQ(issuer.challenges, (std::vector{ChallengeType::kHttp01, ChallengeType::kTlsAlpn01}));
  EXPECT_EQ(condition("default/p", "Ready"), "Pending default/cert: it is being obtained");
}

TEST_F(CertificateTest, WithoutPlainHttpTheChallengeIsOneOfTls) {
  apply({our_class(), gateway(fmt::format("listeners: [{}]", https("a", "a.example"))),
         object(policy("p", "", kIssuer))});
  EXPECT_EQ(wanted_.at("default/cert").wanted.issuers[0].challenges,
            std::vector{ChallengeType::kTlsAlpn01});
}

TEST_F(CertificateTest, ListenersThatNameOneSecretShareACertificate) {
  apply({our_class(),
         gateway(
             fmt::format("listeners: [{}, {}]", https("a", "a.example"), https("b", "b.example"))),
         object(policy("p", "", kIssuer))});
  EXPECT_EQ(wanted_.at("default/cert").wanted.names,
            (std::vector<std::string>{"a.example", "b.example"}));
}

TEST_F(CertificateTest, TheMoreSpecificPolicyGoverns) {
  apply({our_class(),
         gateway(fmt::format("listeners: [{}, {}]", https("a", "a.example", "ca"),
                             https("b", "b.example", "cb"))),
         object(policy("p", "", kIssuer)),
         object(policy("q", ", sectionName: b", "{server: 'https://other/dir'}"))});
  EXPECT_EQ(wanted_.at("default/ca").wanted.issuers[0].account.directory_url, "https://ca/dir");
  EXPECT_EQ(wanted_.at("default/cb").wanted.issuers[0].account.directory_url, "https://other/dir");
}

TEST_F(CertificateTest, WhatCannotBeObtainedSaysWhy) {
  const struct {
    std::string host, reason;
  } kCases[] = {{"", "NoHostname"}, {"*.a.example", "InvalidHostname"}};
  for (const auto& it : kCases) {
    apply({our_class(), gateway(fmt::format("listeners: [{}]", https("a", it.host))),
           object(policy("p", "", kIssuer))});
    EXPECT_TRUE(wanted_.empty()) << it.host;
    EXPECT_TRUE(condition("default/p", "Ready").starts_with(it.reason))
        << condition("default/p", "Ready");
  }
  apply({object(policy(
      "p", "",
      "{server: 'https://ca/dir', challenges: [{type: HTTP-01}, {type: DNS-01, hook: h}]}"))});
  const acme::Issuer& issuer = wanted_.at("default/cert").wanted.issuers[0];
  EXPECT_EQ(issuer.challenges, std::vector{ChallengeType::kDns01}) << "of a wildcard";
  EXPECT_EQ(issuer.dns_hook, "h");
}

TEST_F(CertificateTest, AnotherOnesSecretIsLeftAlone) {
  const std::string mine =
      "{apiVersion: v1, kind: Secret, type: kubernetes.io/tls, metadata: {name: cert%}, data: {}}";
  const auto secret = [&](const std::string& more) {
    std::string text = mine;
    return object(text.replace(text.find('%'), 1, more));
  };
  apply({our_class(), gateway(fmt::format("listeners: [{}]", https("a", "a.example"))),
         object(policy("p", "", kIssuer)), secret("")});
  EXPECT_TRUE(wanted_.empty());
  EXPECT_TRUE(condition("default/p", "Ready").starts_with("NotOurs"))
      << condition("default/p", "Ready");
  apply({secret(", labels: {limen.dev/certificate: acme}")});
  EXPECT_EQ(wanted_.size(), 1u);
}

TEST_F(CertificateTest, AnAnnotationIsEnough) {
  const auto annotated = [](const std::string& word) {
    return object(fmt::format(
        "{{apiVersion: gateway.networking.k8s.io/v1, kind: Gateway, metadata: {{name: g, "
        "annotations: {{limen.dev/acme: {}}}}}, spec: {{gatewayClassName: c, listeners: [{}, {}]}}}}",
        word, kPlain80, https("a", "a.example")));
  };
  const auto directory = [&] {
    return wanted_.at("default/cert").wanted.issuers[0].account.directory_url;
  };
  apply({our_class(), annotated("letsencrypt")});
  EXPECT_EQ(directory(), "https://acme-v02.api.letsencrypt.org/directory");
  apply({annotated("letsencrypt-staging")});
  EXPECT_EQ(directory(), "https://acme-staging-v02.api.letsencrypt.org/directory");
  apply({annotated("mine")});
  EXPECT_TRUE(wanted_.empty()) << "there is no such policy";
  apply(
      {object("{apiVersion: limen.dev/v1alpha1, kind: CertificatePolicy, metadata: {name: mine}, "
              "spec: {acme: {issuers: [{server: 'https://ca/dir'}]}}}")});
  EXPECT_EQ(directory(), "https://ca/dir");
  EXPECT_TRUE(condition("default/mine", "Accepted").starts_with("Accepted"));
  Options staging;
  staging.acme_staging = true;
  Translator other(staging);
  const Output output = other.apply({{our_class(), annotated("letsencrypt")}, {}, {}});
  EXPECT_EQ(output.certificates.at(0).wanted->wanted.issuers[0].account.directory_url,
            "https://acme-staging-v02.api.letsencrypt.org/directory");
}

// What a Gateway says is not about its ListenerSets; these ask for themselves.
TEST_F(CertificateTest, AListenerSetAsksForItself) {
  const auto set = [](const std::string& annotations) {
    return object(fmt::format(
        "{{apiVersion: gateway.networking.k8s.io/v1, kind: ListenerSet, metadata: {{name: s, "
        "namespace: team, annotations: {{{}}}}}, spec: {{parentRef: {{name: g, namespace: "
        "default}}, listeners: [{}]}}}}",
        annotations, https("b", "b.example")));
  };
  apply({our_class(),
         gateway(fmt::format("allowedListeners: {{namespaces: {{from: All}}}}, listeners: [{}, {}]",
                             kPlain80, https("a", "a.example"))),
         object(policy("p", "", kIssuer)), set("")});
  EXPECT_EQ(wanted_.size(), 1u);
  apply({set("limen.dev/acme: mine"),
         object("{apiVersion: limen.dev/v1alpha1, kind: CertificatePolicy, metadata: {name: mine, "
                "namespace: team}, spec: {acme: {issuers: [{server: 'https://ca/team'}]}}}")});
  const WantedCertificate& of_annotation = wanted_.at("team/cert");
  EXPECT_EQ(of_annotation.wanted.names, std::vector<std::string>{"b.example"});
  EXPECT_EQ(of_annotation.proxies, std::vector<std::string>{"default/g"});
  EXPECT_EQ(of_annotation.wanted.issuers[0].challenges,
            (std::vector{ChallengeType::kHttp01, ChallengeType::kTlsAlpn01}))
      << "the Gateway has plain HTTP on port 80";
  EXPECT_EQ(condition("team/mine", "Ready"), "Pending team/cert: it is being obtained");
  EXPECT_EQ(policies_.at("team/mine").ancestors.at(0).ancestor_ref.kind, "ListenerSet");
  apply({set(""),
         object("{apiVersion: limen.dev/v1alpha1, kind: CertificatePolicy, metadata: {name: mine, "
                "namespace: team}, spec: {targetRefs: [{group: gateway.networking.k8s.io, kind: "
                "ListenerSet, name: s, sectionName: b}], acme: {issuers: [{server: "
                "'https://ca/team'}]}}}")});
  EXPECT_EQ(wanted_.size(), 2u) << "by a policy of the entry";
  apply({gateway(fmt::format("listeners: [{}]", https("a", "a.example")))});
  EXPECT_EQ(wanted_.size(), 1u) << "the Gateway does not let the set in";
}

TEST_F(CertificateTest, AMissingReferenceIsTold) {
  apply(
      {our_class(), gateway(fmt::format("listeners: [{}]", https("a", "a.example"))),
       object(policy(
           "p", "",
           "{server: 'https://ca/dir', externalAccountBinding: {keyID: k, keySecretRef: {name: s}}}"))});
  EXPECT_TRUE(wanted_.empty());
  EXPECT_TRUE(condition("default/p", "Accepted")
                  .starts_with("InvalidReference spec.acme.issuers[0].externalAccountBinding"))
      << condition("default/p", "Accepted");
  apply({object(
      "{apiVersion: v1, kind: Secret, metadata: {name: s}, stringData: {key: 'c2VjcmV0'}}")});
  EXPECT_EQ(wanted_.at("default/cert").wanted.issuers[0].account.external_account,
            (acme::ExternalAccount{"k", "secret"}));
}

TEST_F(CertificateTest, AStateBecomesACondition) {
  apply({our_class(), gateway(fmt::format("listeners: [{}]", https("a", "a.example"))),
         object(policy("p", "", kIssuer))});
  Input input;
  acme::CertificateState state;
  state.failure = "https://ca/dir: no";
  state.next_try = 60;
  input.certificates.push_back({{"default", "cert"}, state});
  apply(input);
  EXPECT_EQ(condition("default/p", "Ready"),
            "Failed default/cert: https://ca/dir: no; next try at 1970-01-01T00:01:00Z");
  state = {};
  state.directory = "https://ca/dir";
  state.not_after = 100;
  state.renew_at = 50;
  input.certificates = {{{"default", "cert"}, state}};
  apply(input);
  EXPECT_EQ(condition("default/p", "Ready"),
            "Issued default/cert: until 1970-01-01T00:01:40Z, renewed from 1970-01-01T00:00:50Z");
}

TEST_F(CertificateTest, AChallengeStandsBeforeAllRoutesOfItsHost) {
  const std::string other = "{name: other, port: 80, protocol: HTTP, hostname: x.example}";
  const auto route = [](const std::string& name, const std::string& hosts) {
    return object(fmt::format(
        "{{apiVersion: gateway.networking.k8s.io/v1, kind: HTTPRoute, metadata: {{name: {}}}, spec: "
        "{{parentRefs: [{{name: g}}], hostnames: [{}], rules: [{{filters: [{{type: RequestRedirect, "
        "requestRedirect: {{scheme: https}}}}]}}]}}}}",
        name, hosts));
  };
  apply({our_class(), gateway(fmt::format("listeners: [{}, {}]", kPlain80, other)),
         route("r", "a.example, b.example, '*.c.example'")});
  const std::string before = resources_.at("default/g/http");
  challenge("a.example", "ta");
  challenge("sub.c.example", "tc");
  challenge("x.example", "tx");
  challenge("nobody.example", "tn");
  const auto first = first_routes("default/g/http");
  const std::string path = "/.well-known/acme-challenge/";
  EXPECT_EQ(first.at("a.example"), path + "ta");
  EXPECT_EQ(first.at("*.c.example"), path + "tc");
  EXPECT_EQ(first.at("x.example"), path + "tx");
  EXPECT_EQ(first.at("b.example"), "");
  // The host of the listener itself covers everything: it comes with whatever falls to it.
  EXPECT_TRUE(first.at("*").starts_with(path)) << first.at("*");
  for (const auto& [name, token] : {std::pair{"a.example", "ta"},
                                    {"sub.c.example", "tc"},
                                    {"x.example", "tx"},
                                    {"nobody.example", "tn"}})
    challenge(name, token, false);
  EXPECT_EQ(resources_.at("default/g/http"), before) << "nothing of it stays";
}

TEST_F(CertificateTest, AHostThatNoListenerHasIsAdded) {
  apply({our_class(),
         gateway("listeners: [{name: http, port: 80, protocol: HTTP, hostname: x.example}]")});
  challenge("a.example", "t");
  const auto first = first_routes("default/g/http");
  EXPECT_EQ(first.at("a.example"), "/.well-known/acme-challenge/t");
  EXPECT_EQ(first.at("x.example"), "");
}

TEST_F(CertificateTest, FiltersOfTheListenerLetChallengesPass) {
  apply(
      {our_class(), some_backend(), gateway(fmt::format("listeners: [{}]", kPlain80)),
       object(
           "{apiVersion: gateway.envoyproxy.io/v1alpha1, kind: SecurityPolicy, metadata: {name: s}, spec: "
           "{targetRefs: [{group: gateway.networking.k8s.io, kind: Gateway, name: g}], "
           "authorization: {defaultAction: Deny}}}")});
  challenge("a.example", "t");
  route_v3::RouteConfiguration message;
  ASSERT_TRUE(message.ParseFromString(resources_.at("default/g/http")));
  const auto& host = message.virtual_hosts(0);
  ASSERT_TRUE(host.typed_per_filter_config().contains(features::kAuthorization));
  const auto& configs = host.routes(0).typed_per_filter_config();
  for (const auto& [filter, entry] : host.typed_per_filter_config()) {
    ASSERT_TRUE(configs.contains(filter)) << filter;
    EXPECT_TRUE(features::does_nothing(filter, configs.at(filter))) << filter;
  }
}

TEST_F(CertificateTest, APortOpensForChallengesBeforeItsFirstCertificate) {
  apply({our_class(),
         gateway(
             fmt::format("listeners: [{}, {}]", https("a", "a.example"), https("b", "b.example"))),
         object(policy("p", "", kIssuer))});
  envoy::config::listener::v3::Listener listener;
  ASSERT_TRUE(listener.ParseFromString(listeners_.at("default/g/a")));
  ASSERT_EQ(listener.filter_chains_size(), 1) << "it closes connections";
  EXPECT_EQ(listener.filter_chains(0).filters_size(), 1);
  challenge("a.example", "t1", true, ChallengeType::kTlsAlpn01);
  challenge("a.example", "t2", true, ChallengeType::kTlsAlpn01);
  ASSERT_TRUE(listener.ParseFromString(listeners_.at("default/g/a")));
  ASSERT_EQ(listener.filter_chains_size(), 2) << "one a name";
  const auto& match = listener.filter_chains(0).filter_chain_match();
  EXPECT_EQ(match.server_names(0), "a.example");
  EXPECT_EQ(match.application_protocols(0), "acme-tls/1");
  EXPECT_EQ(match.transport_protocol(),
            listener.filter_chains(1).filter_chain_match().transport_protocol())
      << "else Envoy would not look at it";
}

// Envoy never goes back to a less specific server name.
TEST_F(CertificateTest, ATlsChallengeTakesNothingFromAWildcardListener) {
  const auto pair = *pki::make_authority("x", pki::life_of_days(1));
  const auto secret = [&] {
    auto made = std::make_shared<api::Secret>();
    made->metadata.name = "wild";
    made->metadata.name_space = "default";
    made->type = "kubernetes.io/tls";
    made->string_data = {{"tls.crt", pair.certificate}, {"tls.key", pair.key}};
    return api::ObjectChange{
        api::Kind::kSecret, {"default", "wild"}, std::shared_ptr<const api::Secret>(made)};
  };
  apply({our_class(), secret(),
         gateway(fmt::format("listeners: [{}]", https("w", "*.example", "wild")))});
  challenge("a.example", "t", true, ChallengeType::kTlsAlpn01);
  envoy::config::listener::v3::Listener listener;
  ASSERT_TRUE(listener.ParseFromString(listeners_.at("default/g/w")));
  ASSERT_EQ(listener.filter_chains_size(), 3);
  EXPECT_EQ(listener.filter_chains(0).filter_chain_match().application_protocols_size(), 1);
  EXPECT_EQ(listener.filter_chains(1).filter_chain_match().server_names(0), "a.example");
  EXPECT_EQ(listener.filter_chains(1).filter_chain_match().application_protocols_size(), 0);
  EXPECT_EQ(listener.filter_chains(2).filter_chain_match().server_names(0), "*.example");
}

}  // namespace
}  // namespace limen::translate

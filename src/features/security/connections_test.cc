// The ranges that rules come to, against the rules asked one after the other.
#include <arpa/inet.h>
#include <gtest/gtest.h>

#include <random>

#include "features/security.h"

namespace limen::features {
namespace {

using Action = api::AuthorizationAction;

bool is_in(const Cidr& range, const Cidr& address) {
  if (range.v6 != address.v6) return false;
  for (uint32_t i = 0; i < range.length; ++i) {
    if (range.bit(i) != address.bit(i)) return false;
  }
  return true;
}

bool is_allowed(const api::Authorization& authorization, const Cidr& address) {
  for (const auto& rule : authorization.rules) {
    for (const std::string& cidr : rule.principal->client_cidrs) {
      if (is_in(*parse_cidr(cidr), address)) return rule.action == Action::kAllow;
    }
  }
  return authorization.default_action == Action::kAllow;
}

// Few bits vary, so that ranges meet.
std::string some_cidr(std::mt19937& random) {
  const bool v6 = random() % 4 == 0;
  const unsigned length = random() % 5 + (random() % 3 == 0 ? 0 : 28);
  return v6 ? "2001:db8::" + std::to_string(random() % 10) + "/" + std::to_string(96 + length)
            : "10.0.0." + std::to_string(random() % 256) + "/" + std::to_string(length);
}

TEST(ConnectionSources, AreWhomTheFirstRuleThatMatchesAllows) {
  std::mt19937 random(7);
  for (int round = 0; round < 200; ++round) {
    api::Authorization authorization;
    authorization.default_action = random() % 2 == 0 ? Action::kAllow : Action::kDeny;
    for (unsigned i = random() % 6; i > 0; --i) {
      api::AuthorizationRule& rule = authorization.rules.emplace_back();
      rule.action = random() % 2 == 0 ? Action::kAllow : Action::kDeny;
      rule.principal.emplace();
      for (unsigned j = random() % 3 + 1; j > 0; --j)
        rule.principal->client_cidrs.push_back(some_cidr(random));
    }
    const ConnectionSources sources = read_connection_sources(authorization);
    ASSERT_TRUE(sources.problems.empty());
    for (int i = 0; i < 300; ++i) {
      const std::string text = i % 3 == 0   ? "2001:db8::" + std::to_string(i % 20) + "/128"
                               : i % 3 == 1 ? "10.0.0." + std::to_string(i % 256) + "/32"
                                            : std::to_string(i % 224) + ".1.2.3/32";
      const Cidr address = *parse_cidr(text);
      const auto holders = std::count_if(sources.ranges.begin(), sources.ranges.end(),
                                         [&](const Cidr& range) { return is_in(range, address); });
      ASSERT_EQ(holders, is_allowed(authorization, address) ? 1 : 0) << round << " " << text;
    }
  }
}

TEST(ConnectionSources, AreNotTooMany) {
  api::Authorization authorization;
  authorization.default_action = Action::kAllow;
  api::AuthorizationRule& rule = authorization.rules.emplace_back();
  rule.action = Action::kDeny;
  rule.principal.emplace();
  for (int i = 0; i < 200; ++i)
    rule.principal->client_cidrs.push_back("2001:db8:" + std::to_string(i) + "::1/128");
  EXPECT_TRUE(read_connection_sources(authorization).problems.empty());
  for (int i = 200; i < 400; ++i)
    rule.principal->client_cidrs.push_back("2001:db8:" + std::to_string(i) + "::1/128");
  ASSERT_FALSE(read_connection_sources(authorization).problems.empty());
  EXPECT_EQ(read_connection_sources(authorization).problems[0].path, "spec.authorization");
}

}  // namespace
}  // namespace limen::features

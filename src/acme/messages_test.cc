#include "acme/messages.h"

#include <gtest/gtest.h>

#include "acme/schedule.h"
#include "base/json_text.h"

namespace limen::acme {
namespace {

Json json(const char* text) { return *parse_json(text); }

TEST(Messages, ADirectory) {
  const auto directory = read_directory(json(R"({
    "newNonce": "https://ca/n", "newAccount": "https://ca/a", "newOrder": "https://ca/o",
    "renewalInfo": "https://ca/r",
    "meta": {"externalAccountRequired": true, "profiles": {"shortlived": "https://ca/doc"}}})"));
  ASSERT_TRUE(directory);
  EXPECT_EQ(directory->renewal_info, "https://ca/r");
  EXPECT_TRUE(directory->external_account_required);
  EXPECT_TRUE(directory->offers("shortlived"));
  EXPECT_FALSE(directory->offers("classic"));
}

TEST(Messages, NoDirectory) {
  for (const char* text : {"[]", "null", "{}"}) EXPECT_FALSE(read_directory(json(text))) << text;
  for (const Json& nonce : {Json("http://ca/n"), Json(1), Json("https://ca/n\r\nX: y")}) {
    Json directory{Json::Object{}};
    directory.set("newAccount", "https://ca/a");
    directory.set("newOrder", "https://ca/o");
    directory.set("newNonce", nonce);
    EXPECT_FALSE(read_directory(directory)) << to_json(nonce);
  }
}

TEST(Messages, Orders) {
  const auto order = read_order(json(R"({"status": "valid", "authorizations": ["https://ca/z"],
    "finalize": "https://ca/f", "certificate": "https://ca/c"})"));
  ASSERT_TRUE(order);
  EXPECT_EQ(order->status, OrderStatus::kValid);
  for (const char* text :
       {R"({"status": "valid", "authorizations": ["https://ca/z"], "finalize": "https://ca/f"})",
        R"({"status": "new", "authorizations": ["https://ca/z"], "finalize": "https://ca/f"})",
        R"({"status": "pending", "authorizations": [], "finalize": "https://ca/f"})",
        R"({"status": "pending", "authorizations": [7], "finalize": "https://ca/f"})",
        R"({"status": "pending", "authorizations": ["https://ca/z"], "finalize": "ftp://ca/f"})"})
    EXPECT_FALSE(read_order(json(text))) << text;
  std::string many = R"({"status": "pending", "finalize": "https://ca/f", "authorizations": [)";
  for (int i = 0; i < 101; ++i) many += std::string(i == 0 ? "" : ",") + "\"https://ca/z\"";
  EXPECT_FALSE(read_order(json((many + "]}").c_str())));
}

// A token becomes part of a path and of what is served there.
TEST(Messages, ChallengesWithOddTokensAreLeftOut) {
  const auto authorization = read_authorization(json(R"({"status": "pending",
    "identifier": {"type": "dns", "value": "a.example"}, "challenges": [
      {"type": "http-01", "url": "https://ca/1", "token": "../../etc/passwd"},
      {"type": "http-01", "url": "https://ca/2", "token": "a b"},
      {"type": "http-01", "url": "https://ca/3", "token": ""},
      {"type": "carrier-pigeon-01", "url": "https://ca/4", "token": "abc"},
      {"type": "http-01", "url": "http://ca/5", "token": "abc"}, 17,
      {"type": "tls-alpn-01", "url": "https://ca/6", "token": "aB3-_"}]})"));
  ASSERT_TRUE(authorization);
  ASSERT_EQ(authorization->challenges.size(), 1u);
  EXPECT_EQ(authorization->challenges[0].type, ChallengeType::kTlsAlpn01);
  EXPECT_EQ(authorization->challenges[0].token, "aB3-_");
}

TEST(Messages, AProblemsTextIsBoundedAndPrintable) {
  Json problem{Json::Object{}};
  problem.set("type", "urn:ietf:params:acme:error:rateLimited");
  problem.set("detail", "too many\n\x1b[31m" + std::string(100000, 'x'));
  const AcmeProblem read = read_problem(problem);
  EXPECT_EQ(read.type, "rateLimited");
  EXPECT_LT(read.text.size(), 500u);
  EXPECT_EQ(read.text.find('\n'), std::string::npos);
  EXPECT_EQ(read.text.find('\x1b'), std::string::npos);
  EXPECT_EQ(read_problem(json("[]")).text, "the CA gives no reason");
}

TEST(Messages, ASubproblemNamesItsIdentifier) {
  const AcmeProblem read = read_problem(json(R"({"type": "urn:ietf:params:acme:error:compound",
    "detail": "some", "subproblems": [{"detail": "forbidden", "identifier": {"value": "b.example"}}]})"));
  EXPECT_EQ(read.text, "some; b.example: forbidden (compound)");
}

TEST(Messages, RetryAfter) {
  using std::chrono::seconds;
  EXPECT_EQ(read_retry_after("120", 0), seconds(120));
  EXPECT_EQ(read_retry_after("", 0), seconds(0));
  EXPECT_EQ(read_retry_after("soon", 0), seconds(0));
  EXPECT_EQ(read_retry_after("-5", 0), seconds(0));
  EXPECT_EQ(read_retry_after("99999999999999999999", 0), seconds(0));
  EXPECT_EQ(read_retry_after("9999999999", 0), seconds(30 * 24 * 3600));
  EXPECT_EQ(read_retry_after("Thu, 01 Jan 1970 00:02:00 GMT", 100), seconds(20));
}

TEST(Schedule, PausesGrowToSixHours) {
  std::vector<int64_t> pauses;
  for (int failures = 1; failures <= 8; ++failures) pauses.push_back(pause_after(failures).count());
  EXPECT_EQ(pauses, (std::vector<int64_t>{1, 2, 2, 5, 10, 10, 10, 20}));
  for (int failures = 1; failures < 200; ++failures)
    EXPECT_LE(pause_after(failures), pause_after(failures + 1));
  EXPECT_EQ(pause_after(100000).count(), 360);
}

TEST(Schedule, RenewsAfterTwoThirdsOfLifeSpread) {
  const Lifetime life{1'000'000, 1'000'000 + 90 * 86400};
  int64_t least = INT64_MAX, most = 0;
  for (int i = 0; i < 100; ++i) {
    const int64_t time = renewal_time(life, std::nullopt, std::to_string(i));
    least = std::min(least, time);
    most = std::max(most, time);
    EXPECT_EQ(time, renewal_time(life, std::nullopt, std::to_string(i)));
  }
  EXPECT_GE(least, life.begin + 60 * 86400);
  EXPECT_LT(most, life.begin + 63 * 86400);
  EXPECT_GT(most - least, 86400);
}

TEST(Schedule, RenewsInTheWindowOfTheCa) {
  const Lifetime life{1'000'000, 2'000'000};
  for (int i = 0; i < 20; ++i) {
    const int64_t time = renewal_time(life, RenewalWindow{1'200'000, 1'300'000}, std::to_string(i));
    EXPECT_GE(time, 1'200'000);
    EXPECT_LT(time, 1'300'000);
  }
  EXPECT_LT(renewal_time(life, RenewalWindow{5'000'000, 6'000'000}, "x"), life.end)
      << "a window after the end is none";
}

TEST(Messages, RenewalWindows) {
  EXPECT_EQ(*read_renewal_window(json(R"({"suggestedWindow": {"start": "1970-01-01T00:00:01Z",
    "end": "1970-01-01T00:00:02Z"}})")),
            (RenewalWindow{1, 2}));
  for (const char* text : {"{}", "[]", R"({"suggestedWindow": {"start": "x", "end": "y"}})",
                           R"({"suggestedWindow": {"start": "1970-01-01T00:00:03Z",
    "end": "1970-01-01T00:00:02Z"}})"})
    EXPECT_FALSE(read_renewal_window(json(text))) << text;
}

}  // namespace
}  // namespace limen::acme

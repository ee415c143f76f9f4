#include "providers/oidc/issuers.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "base/files.h"

namespace limen::providers {
namespace {

using std::chrono::milliseconds;
using translate::IssuerTrust;

constexpr char kIssuer[] = "https://idp.test/realms/shop";

std::string document(const std::string& issuer = kIssuer, const std::string& more = "") {
  return fmt::format(R"({{"issuer": "{}", "authorization_endpoint": "https://idp.test/auth", )"
                     R"("token_endpoint": "https://idp.test/token"{}}})",
                     issuer, more);
}

http::Response response(std::string body, int status = 200) {
  return {status, {}, std::move(body)};
}

std::string error_of(const http::Response& response, const std::string& issuer = kIssuer) {
  const auto read = read_discovery(issuer, response);
  return read ? std::string() : read.error().message;
}

TEST(ReadDiscovery, TakesTheEndpoints) {
  const auto read = read_discovery(
      kIssuer, response(document(kIssuer, R"(, "end_session_endpoint": "https://idp.test/end")")));
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(*read, (translate::OidcEndpoints{"https://idp.test/auth", "https://idp.test/token",
                                             "https://idp.test/end"}));
  EXPECT_EQ(read_discovery(kIssuer, response(document()))->end_session, "");
}

TEST(ReadDiscovery, RefusesWhatIsNotTheIssuersOwnDocument) {
  EXPECT_EQ(error_of(response("", 404)), "the answer is 404");
  EXPECT_EQ(error_of(response("<html>")), "the answer is no JSON object");
  EXPECT_EQ(error_of(response("[]")), "the answer is no JSON object");
  EXPECT_EQ(error_of(response(document("https://idp.test/realms/shop/"))),
            "it is the document of the issuer 'https://idp.test/realms/shop/'");
  EXPECT_EQ(error_of(response("{}")), "it is the document of the issuer ''");
  EXPECT_EQ(error_of(response(fmt::format(R"({{"issuer": "{}"}})", kIssuer))),
            "authorization_endpoint is missing");
  EXPECT_EQ(error_of(response(document(kIssuer, R"(, "token_endpoint": "http://idp.test/token")"))),
            "token_endpoint is not of https, as the issuer is");
  EXPECT_EQ(error_of(response(document(kIssuer, R"(, "end_session_endpoint": "ftp://x")"))),
            "end_session_endpoint is no URL of http or https");
  EXPECT_EQ(error_of(response(document("http://idp.test")), "http://idp.test"), "");
}

class IssuersTest : public testing::Test {
 protected:
  IssuersTest() { start(); }
  ~IssuersTest() override { std::filesystem::remove_all(folder_); }

  // Another run, if there was one before.
  void start() {
    issuers_.reset();
    ++run_;  // who asked in an earlier one is told nothing
    told_.clear();
    IssuersSettings settings;
    settings.file = folder_ + "/issuers";
    settings.refresh = milliseconds(20);
    settings.retry = {milliseconds(4), milliseconds(8)};
    settings.at_once = 2;
    issuers_ = std::make_unique<Issuers>(
        settings, loop_,
        [this](const http::Request& request, http::Client::Done done) {
          asked_.push_back(request.url);
          trusts_.push_back({request.authorities, request.verify});
          most_ = std::max(most_, ++under_way_);
          loop_.after(milliseconds(1),
                      [this, run = run_, url = request.url, done = std::move(done)] {
                        --under_way_;
                        if (run != run_) return;
                        const auto answer = answers_.find(url);
                        done(answer == answers_.end() ? Result<http::Response>(Error{"refused"})
                                                      : response(answer->second));
                      });
        },
        [this](const translate::OidcIssuer& issuer) { told_.push_back(issuer); });
  }

  void answer(const std::string& issuer, const std::string& more = "") {
    answers_[issuer + "/.well-known/openid-configuration"] = document(issuer, more);
  }

  void want(const std::string& issuer, const std::optional<IssuerTrust>& trust,
            const std::string& backend = "") {
    issuers_->want({issuer, backend},
                   trust ? std::make_shared<const IssuerTrust>(*trust) : nullptr);
  }

  template <class Condition>
  void await(Condition condition) {
    for (int i = 0; i < 2000 && !condition(); ++i) {
      loop_.after(milliseconds(1), [this] { loop_.stop(); });
      loop_.run();
    }
    ASSERT_TRUE(condition());
  }

  const std::string folder_ = [] {
    std::string name = std::filesystem::temp_directory_path() / "issuersXXXXXX";
    return std::string(::mkdtemp(name.data()));
  }();
  EventLoop loop_;
  std::map<std::string, std::string> answers_;  // by URL; others are refused
  std::vector<std::string> asked_;
  std::vector<IssuerTrust> trusts_;  // by which it was asked
  std::vector<translate::OidcIssuer> told_;
  int under_way_ = 0, most_ = 0, run_ = 0;
  std::unique_ptr<Issuers> issuers_;
};

TEST_F(IssuersTest, AsksAndAsksAgainButTellsOnlyWhatIsNew) {
  answer(kIssuer);
  EXPECT_TRUE(issuers_->settled());
  want(kIssuer, IssuerTrust());
  want(kIssuer, IssuerTrust());
  EXPECT_FALSE(issuers_->settled());
  await([&] { return asked_.size() >= 3; });
  EXPECT_TRUE(issuers_->settled());
  EXPECT_EQ(asked_[0], "https://idp.test/realms/shop/.well-known/openid-configuration");
  ASSERT_EQ(told_.size(), 1u);
  EXPECT_EQ(told_[0].endpoints->token, "https://idp.test/token");
  answer(kIssuer, R"(, "end_session_endpoint": "https://idp.test/end")");
  await([&] { return told_.size() == 2; });
  EXPECT_EQ(told_[1].endpoints->end_session, "https://idp.test/end");
}

TEST_F(IssuersTest, ASlashAtTheEndIsNotDoubled) {
  want("https://idp.test/", IssuerTrust());
  await([&] { return !asked_.empty(); });
  EXPECT_EQ(asked_[0], "https://idp.test/.well-known/openid-configuration");
}

TEST_F(IssuersTest, TriesAgainUntilItIsAnswered) {
  want(kIssuer, IssuerTrust());
  await([&] { return asked_.size() >= 4; });
  ASSERT_EQ(told_.size(), 1u) << "the same trouble is told once";
  EXPECT_FALSE(told_[0].endpoints);
  EXPECT_EQ(told_[0].message,
            "asking https://idp.test/realms/shop/.well-known/openid-configuration: refused");
  answer(kIssuer);
  await([&] { return told_.size() == 2; });
  EXPECT_TRUE(told_[1].endpoints);
}

TEST_F(IssuersTest, WhatIsKnownStaysWhileNobodyAnswers) {
  answer(kIssuer);
  want(kIssuer, IssuerTrust());
  await([&] { return told_.size() == 1; });
  answers_.clear();
  const size_t before = asked_.size();
  await([&] { return asked_.size() >= before + 3; });
  EXPECT_EQ(told_.size(), 1u);
  start();
  const auto remembered = issuers_->remembered();
  ASSERT_EQ(remembered.size(), 1u);
  EXPECT_EQ(remembered[0].name.issuer, kIssuer);
  EXPECT_EQ(remembered[0].endpoints->authorization, "https://idp.test/auth");
  want(kIssuer, IssuerTrust());
  EXPECT_TRUE(issuers_->settled());
  const size_t again = asked_.size();
  await([&] { return asked_.size() >= again + 2; });
  EXPECT_TRUE(told_.empty());
}

TEST_F(IssuersTest, WhoIsNotWantedIsNotAsked) {
  answer(kIssuer);
  want(kIssuer, IssuerTrust());
  want(kIssuer, std::nullopt);  // while it is asked
  want("https://other.test", IssuerTrust());
  await([&] { return told_.size() == 1; });
  EXPECT_EQ(told_[0].name.issuer, "https://other.test");
  EXPECT_TRUE(issuers_->remembered().empty());
}

TEST_F(IssuersTest, FewAreAskedAtTheSameTime) {
  for (int i = 0; i < 9; ++i) {
    const std::string issuer = fmt::format("https://idp{}.test", i);
    answer(issuer);
    want(issuer, IssuerTrust());
  }
  await([&] { return told_.size() == 9; });
  EXPECT_EQ(most_, 2);
}

TEST_F(IssuersTest, AsksOncePerWayToVerifyTheServer) {
  answer(kIssuer);
  want(kIssuer, IssuerTrust());
  want(kIssuer, IssuerTrust{"a CA"}, "backend/default/idp");
  await([&] { return told_.size() == 2; });
  EXPECT_EQ(told_[0].name.backend, "");
  EXPECT_EQ(told_[1].name.backend, "backend/default/idp");
  EXPECT_EQ(trusts_[0], IssuerTrust());
  EXPECT_EQ(trusts_[1], IssuerTrust{"a CA"});
}

TEST_F(IssuersTest, AsksAgainWhenTheServerIsVerifiedOtherwise) {
  answer(kIssuer);
  want(kIssuer, (IssuerTrust{"", false}), "b");
  want(kIssuer, IssuerTrust{"a CA"}, "b");  // while it is asked: what comes of that does not count
  await([&] { return told_.size() == 1; });
  ASSERT_GE(trusts_.size(), 2u);
  EXPECT_EQ(trusts_[1], IssuerTrust{"a CA"});
  const size_t before = asked_.size();
  want(kIssuer, IssuerTrust{"another CA"}, "b");
  await([&] { return asked_.size() > before; });
  EXPECT_EQ(trusts_.back(), IssuerTrust{"another CA"});
  EXPECT_EQ(told_.size(), 1u) << "the same endpoints are not told twice";
}

TEST_F(IssuersTest, WhatItSaidUnderAnotherTrustIsDroppedWhenItFailsNow) {
  answer(kIssuer);
  want(kIssuer, (IssuerTrust{"", false}), "b");
  await([&] { return told_.size() == 1; });
  answers_.clear();
  start();
  ASSERT_EQ(issuers_->remembered().size(), 1u);
  EXPECT_EQ(issuers_->remembered()[0].name, (translate::IssuerName{kIssuer, "b"}));
  want(kIssuer, (IssuerTrust{"", false}), "b");
  const size_t before = asked_.size();
  await([&] { return asked_.size() > before + 1; });
  EXPECT_TRUE(told_.empty());
  want(kIssuer, IssuerTrust{"a CA"}, "b");
  await([&] { return told_.size() == 1; });
  EXPECT_FALSE(told_[0].endpoints);
  start();
  EXPECT_TRUE(issuers_->remembered().empty());
}

TEST_F(IssuersTest, ABrokenFileIsIgnored) {
  ASSERT_TRUE(
      write_file(folder_ + "/issuers", R"({"https://a": 1, "https://b": {"token": 2}, )", 0600));
  start();
  EXPECT_TRUE(issuers_->remembered().empty());
  ASSERT_TRUE(
      write_file(folder_ + "/issuers", R"({"https://a": 1, "https://b": {"token": 2}})", 0600));
  start();
  EXPECT_TRUE(issuers_->remembered().empty());
}

}  // namespace
}  // namespace limen::providers

#include "acme/keeper.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <ctime>
#include <filesystem>

#include "acme/csr.h"
#include "acme/test_ca.h"
#include "base/files.h"

namespace limen::acme {
namespace {

class KeeperTest : public testing::Test {
 protected:
  KeeperTest() {
    char folder[] = "/tmp/limen_acme_XXXXXX";
    folder_ = ::mkdtemp(folder);
    storage_ = std::make_unique<FolderStorage>(folder_);
    begin();
  }
  ~KeeperTest() override { std::filesystem::remove_all(folder_); }

  // As if Limen had started anew.
  void begin() {
    keeper_.reset();
    states_.clear();
    certificates_.clear();
    KeeperSettings settings;
    settings.send = [this](http::Request request, http::Client::Done done) {
      (request.url.starts_with(other_.url) ? other_ : ca_)
          .send()(std::move(request), std::move(done));
    };
    settings.on_certificate = [this](const std::string&, const StoredCertificate& certificate) {
      certificates_.push_back(certificate);
    };
    settings.on_state = [this](const std::string&, const CertificateState& state) {
      states_.push_back(state);
    };
    keeper_ = std::make_unique<Keeper>(loop_, *storage_, solver_, std::move(settings));
  }

  static Issuer issuer(const TestCa& ca) {
    Issuer result;
    result.account.directory_url = ca.url + "/dir";
    result.challenges = {ChallengeType::kHttp01, ChallengeType::kTlsAlpn01};
    return result;
  }

  Wanted wanted() const { return {{"a.example"}, {issuer(ca_)}}; }

  template <class Condition>
  void run_until(Condition condition, std::chrono::seconds patience = std::chrono::seconds(10)) {
    const auto end = EventLoop::Clock::now() + patience;
    while (!condition() && EventLoop::Clock::now() < end) {
      loop_.after(std::chrono::milliseconds(5), [this] { loop_.stop(); });
      loop_.run();
    }
    EXPECT_TRUE(condition());
  }
  void run_for(std::chrono::milliseconds time) {
    loop_.after(time, [this] { loop_.stop(); });
    loop_.run();
  }
  const CertificateState& state() const { return states_.back(); }
  void obtain() {
    keeper_->want("shop/cert", wanted());
    run_until([&] { return !states_.empty() && !state().busy && state().not_after != 0; });
  }

  EventLoop loop_;
  std::string folder_;
  TestCa ca_{loop_}, other_{loop_, "https://other"};
  std::unique_ptr<FolderStorage> storage_;
  TestSolver solver_;
  std::unique_ptr<Keeper> keeper_;
  std::vector<StoredCertificate> certificates_;
  std::vector<CertificateState> states_;
};

TEST_F(KeeperTest, ObtainsWhatIsMissing) {
  obtain();
  ASSERT_EQ(certificates_.size(), 1u);
  EXPECT_TRUE(pki::check_pair(certificates_[0].pair));
  EXPECT_EQ(state().directory, "https://ca/dir");
  EXPECT_EQ(state().failure, "");
  EXPECT_NEAR(static_cast<double>(state().renew_at), std::time(nullptr) + 61.5 * 86400,
              1.6 * 86400);
  ASSERT_EQ(solver_.all.size(), 1u);
  EXPECT_EQ(solver_.all[0].name, "a.example");
  EXPECT_TRUE(solver_.all[0].key_authorization.starts_with("token0."));
  EXPECT_TRUE(solver_.shown.empty()) << "what was shown is taken back";
}

TEST_F(KeeperTest, FilesAreTheOwnersAlone) {
  obtain();
  int files = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder_)) {
    struct stat status {};
    ::stat(entry.path().c_str(), &status);
    EXPECT_EQ(status.st_mode & 0077, 0u) << entry.path();
    files += entry.is_regular_file() ? 1 : 0;
  }
  EXPECT_EQ(files, 3);  // account, certificate, lock
}

TEST_F(KeeperTest, AfterARestartNothingIsOrdered) {
  obtain();
  begin();
  obtain();
  EXPECT_EQ(ca_.orders.size(), 1u);
  EXPECT_EQ(certificates_.size(), 1u);
  EXPECT_EQ(storage_->names(), std::vector<std::string>{"shop/cert"});
}

TEST_F(KeeperTest, TheAccountIsMadeOnce) {
  obtain();
  begin();
  Wanted more = wanted();
  more.names = {"b.example"};
  keeper_->want("shop/other", more);
  run_until([&] { return ca_.orders.size() == 2; });
  EXPECT_EQ(ca_.accounts.size(), 1u);
}

TEST_F(KeeperTest, OtherNamesAreAnotherCertificate) {
  obtain();
  Wanted more = wanted();
  more.names = {"a.example", "b.example"};
  keeper_->want("shop/cert", more);
  run_until([&] { return certificates_.size() == 3; });
  EXPECT_EQ(certificates_[1], certificates_[0]) << "the old one serves meanwhile";
  EXPECT_EQ(pki::read_certificate(certificates_[2].pair.certificate)->hosts, more.names);
}

TEST_F(KeeperTest, FromStagingToProductionIsAnotherCertificate) {
  obtain();
  keeper_->want("shop/cert", {{"a.example"}, {issuer(other_)}});
  run_until([&] { return state().directory == "https://other/dir"; });
  EXPECT_EQ(other_.orders.size(), 1u);
}

TEST_F(KeeperTest, RefusedNoncesAreTriedAgain) {
  ca_.nonces_to_refuse = 12;
  obtain();
  EXPECT_EQ(ca_.nonces_to_refuse, 0);
}

TEST_F(KeeperTest, ACaThatRefusesEveryNonceIsLeftInPeace) {
  ca_.nonces_to_refuse = 1'000'000;
  keeper_->want("shop/cert", wanted());
  run_until([&] { return !states_.empty() && !state().failure.empty(); });
  EXPECT_LT(ca_.asked.size(), 40u);
}

TEST_F(KeeperTest, GoesOnToTheNextIssuer) {
  ca_.reachable = false;
  Wanted two = wanted();
  two.issuers.push_back(issuer(other_));
  keeper_->want("shop/cert", two);
  run_until([&] { return !certificates_.empty(); });
  EXPECT_EQ(certificates_[0].directory, "https://other/dir");
  run_until([&] { return !state().busy; });
  EXPECT_EQ(state().failure, "");
}

TEST_F(KeeperTest, FailuresAreToldAndTriedAgainLater) {
  ca_.refuses_challenges = true;
  keeper_->want("shop/cert", wanted());
  run_until([&] { return !states_.empty() && !state().failure.empty() && !state().busy; });
  EXPECT_EQ(state().failure, "https://ca/dir: a.example: cannot see it (connection)");
  EXPECT_NEAR(static_cast<double>(state().next_try), static_cast<double>(std::time(nullptr) + 60),
              3);
  EXPECT_TRUE(solver_.shown.empty());
  run_for(std::chrono::milliseconds(300));
  EXPECT_EQ(ca_.orders.size(), 1u) << "it waits";
}

TEST_F(KeeperTest, FailuresOutliveARestart) {
  ca_.reachable = false;
  keeper_->want("shop/cert", wanted());
  run_until([&] { return !states_.empty() && state().next_try != 0; });
  const int64_t next_try = state().next_try;
  ca_.asked.clear();
  begin();
  keeper_->want("shop/cert", wanted());
  run_for(std::chrono::milliseconds(50));
  EXPECT_TRUE(ca_.asked.empty());
  EXPECT_EQ(state().next_try, next_try);
  EXPECT_FALSE(state().failure.empty());
  Wanted other = wanted();
  other.issuers[0].account.email = "ops@example.com";
  ca_.reachable = true;
  keeper_->want("shop/cert", other);
  run_until([&] { return state().not_after != 0; });
  begin();
  keeper_->want("shop/cert", other);
  run_for(std::chrono::milliseconds(50));
  EXPECT_EQ(state().failure, "") << "they are forgotten";
}

TEST_F(KeeperTest, ARateLimitIsKept) {
  ca_.orders_to_rate_limit = 1;
  keeper_->want("shop/cert", wanted());
  run_until([&] { return !states_.empty() && !state().failure.empty() && !state().busy; });
  EXPECT_NEAR(static_cast<double>(state().next_try), static_cast<double>(std::time(nullptr) + 7200),
              3);
}

TEST_F(KeeperTest, WhoHoldsTheLockObtains) {
  auto lock = *storage_->lock("shop/cert");
  keeper_->want("shop/cert", wanted());
  run_for(std::chrono::milliseconds(200));
  EXPECT_TRUE(ca_.asked.empty());
  EXPECT_EQ(*storage_->lock("shop/cert"), nullptr);
  // The other one was faster: it is looked again before anything is ordered.
  const auto authority = *pki::make_authority("x", pki::life_of_days(90));
  const auto pair =
      *pki::issue(authority, {"a", "spiffe://a", {"a.example"}, pki::life_of_days(90)});
  storage_->save_certificate("shop/cert", {pair, "https://ca/dir"},
                             [](const Status& saved) { EXPECT_TRUE(saved); });
  lock.reset();
  run_until([&] { return !certificates_.empty(); });
  EXPECT_EQ(certificates_[0].pair, pair);
  EXPECT_TRUE(ca_.asked.empty());
}

TEST_F(KeeperTest, TheWindowOfTheCaDecidesAndTheOrderSaysWhatItReplaces) {
  const int64_t now = std::time(nullptr);
  ca_.window = RenewalWindow{now + 86400, now + 2 * 86400};
  obtain();
  run_until([&] { return state().renew_at < now + 2 * 86400; });
  EXPECT_GE(state().renew_at, now + 86400);
  const std::string id = *renewal_id(certificates_[0].pair.certificate);
  EXPECT_EQ(ca_.asked.back(), "https://ca/renewal/" + id);
}

TEST_F(KeeperTest, RenewsWhatIsDue) {
  ca_.life = std::chrono::seconds(6);  // due after four seconds
  ca_.window = RenewalWindow{1, 2};    // nonsense: long ago, and before a new one may be replaced
  ca_.refuses_replaces = true;
  obtain();
  EXPECT_EQ(ca_.orders.size(), 1u);
  run_until([&] { return certificates_.size() == 2; });
  EXPECT_NE(certificates_[0], certificates_[1]);
}

TEST_F(KeeperTest, AsksForAProfileThatIsOffered) {
  Wanted with = wanted();
  with.issuers[0].profile = "short";
  keeper_->want("shop/cert", with);
  run_until([&] { return !ca_.orders.empty(); });
  EXPECT_EQ(ca_.orders[0].text("profile"), "short");
  with.issuers[0].profile = "long";
  keeper_->want("shop/cert", with);
  run_until([&] { return !state().failure.empty(); });
  EXPECT_EQ(state().failure, "https://ca/dir: the CA does not offer the profile 'long'");
}

TEST_F(KeeperTest, BindsAnExternalAccount) {
  ca_.external_account_required = true;
  keeper_->want("shop/cert", wanted());
  run_until([&] { return !states_.empty() && !state().failure.empty(); });
  EXPECT_NE(state().failure.find("externalAccountBinding"), std::string::npos);
  Wanted with = wanted();
  with.issuers[0].account.external_account = ExternalAccount{"kid-1", "secret"};
  keeper_->want("shop/cert", with);
  run_until([&] { return !certificates_.empty(); });
  EXPECT_EQ(ca_.bound, std::vector<std::string>{"kid-1"});
}

TEST_F(KeeperTest, MakesAnRsaKeyBesideTheLoop) {
  Wanted with = wanted();
  with.issuers[0].key_type = KeyType::kRsa2048;
  keeper_->want("shop/cert", with);
  run_until([&] { return !certificates_.empty(); });
  EXPECT_EQ(PrivateKey::read(certificates_[0].pair.key)->algorithm(), "RS256");
}

TEST_F(KeeperTest, ForgottenInTheMiddleOfAnOrder) {
  for (size_t steps = 1; steps < 9; ++steps) {
    const size_t before = ca_.asked.size();
    keeper_->want("shop/cert", wanted());
    run_until([&] { return ca_.asked.size() >= before + steps || !certificates_.empty(); });
    keeper_->forget("shop/cert");
    EXPECT_TRUE(solver_.shown.empty());
    run_for(std::chrono::milliseconds(20));
    if (!certificates_.empty()) break;
  }
}

TEST_F(KeeperTest, AFileThatIsNoneOfOursIsToldAndReplaced) {
  ASSERT_TRUE(make_folder(folder_ + "/certificates", 0700));
  ASSERT_TRUE(write_file(folder_ + "/certificates/shop_cert.pem", "junk", 0600));
  keeper_->want("shop/cert", wanted());
  run_until([&] { return !certificates_.empty(); });
}

}  // namespace
}  // namespace limen::acme

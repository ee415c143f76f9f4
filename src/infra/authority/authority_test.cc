#include "infra/authority/authority.h"

#include <gtest/gtest.h>

#include "pki/certificate.h"

namespace limen::infra {
namespace {

using std::chrono::hours;
using std::chrono::seconds;

class AuthorityTest : public testing::Test {
 protected:
  static bool trusts(const std::string& ca, const std::string& certificate) {
    constexpr std::string_view kEnd = "-----END CERTIFICATE-----\n";
    for (size_t begin = 0; begin < ca.size();) {
      const size_t end = ca.find(kEnd, begin) + kEnd.size();
      if (pki::is_signed_by(certificate, ca.substr(begin, end - begin))) return true;
      begin = end;
    }
    return false;
  }
  Credentials issued(const Holder& holder) const {
    return *issue(authority_, holder, settings_, now_);
  }
  std::string reason(const Credentials& credentials) const {
    return reason_to_renew(credentials, authority_, web_, now_);
  }

  AuthoritySettings settings_{seconds(hours(300)), seconds(hours(30)), seconds(hours(2))};
  pki::TimePoint now_{std::chrono::sys_days(std::chrono::year(2026) / 3 / 1)};
  Authority authority_ = *make_authority(settings_, now_);
  const Holder web_ = proxy_holder("default/web");
};

TEST_F(AuthorityTest, CredentialsAreKeptAsLongAsTheyAreGood) {
  const Credentials credentials = issued(web_);
  EXPECT_EQ(reason(credentials), "");
  now_ += hours(19);
  EXPECT_EQ(reason(credentials), "");
  now_ += hours(2);
  EXPECT_EQ(reason(credentials), "no more than a third of its life is left");
}

TEST_F(AuthorityTest, CredentialsThatAreNotGood) {
  const Credentials good = issued(web_), other = issued(proxy_holder("default/other"));
  EXPECT_EQ(reason(other), "it is not for all the names that it should be for");
  EXPECT_EQ(reason({good.certificate, other.key, good.ca}), "the key is not the certificate's");
  EXPECT_EQ(reason({"", "", ""}).substr(0, 27), "cannot read the certificate");
  EXPECT_EQ(reason({good.certificate, good.key, ""}), "the trusted authorities are others");
  const Credentials foreign = *issue(*make_authority(settings_, now_), web_, settings_, now_);
  EXPECT_EQ(reason(foreign), "it was not signed by the present authority");
}

TEST_F(AuthorityTest, TheServersNames) {
  const Holder holder = server_holder("limen-system");
  const auto certificate = *pki::read_certificate(issued(holder).certificate);
  EXPECT_EQ(certificate.uris, std::vector<std::string>{"spiffe://limen/xds"});
  EXPECT_EQ(certificate.hosts,
            (std::vector<std::string>{"limen", "limen.limen-system", "limen.limen-system.svc",
                                      "limen.limen-system.svc.cluster.local"}));
  EXPECT_FALSE(certificate.is_authority);
}

// At every hour, the credentials issued last before the change and the first ones after it trust
// each other, in both directions.
TEST_F(AuthorityTest, WhoHasRotatedAndWhoHasNotTrustEachOther) {
  Credentials present = issued(web_);
  const std::string first = authority_.signer.certificate;
  int renewals = 0, changes = 0;
  for (int hour = 0; hour < 700; ++hour, now_ += hours(1)) {
    const auto advanced = advance(authority_, settings_, now_);
    ASSERT_TRUE(advanced);
    if (*advanced) {
      ++changes;
      authority_ = **advanced;
    }
    if (reason(present).empty()) continue;
    const Credentials renewed = issued(web_);
    EXPECT_TRUE(trusts(present.ca, renewed.certificate)) << hour;
    EXPECT_TRUE(trusts(renewed.ca, present.certificate)) << hour;
    EXPECT_EQ(reason(renewed), "");
    present = renewed;
    ++renewals;
  }
  EXPECT_EQ(changes, 3 * 3) << "a new signer, its turn, the end of the old one; three times";
  EXPECT_FALSE(trusts(authority_.trusted(), first));
  EXPECT_GT(renewals, 700 / 30);
}

TEST_F(AuthorityTest, OneThatHasExpiredIsReplacedAtOnce) {
  const std::string first = authority_.signer.certificate;
  now_ += hours(301);
  const auto advanced = advance(authority_, settings_, now_);
  ASSERT_TRUE(advanced && *advanced);
  EXPECT_NE((*advanced)->signer.certificate, first);
  EXPECT_EQ((*advanced)->trusted(), (*advanced)->signer.certificate);
}

TEST_F(AuthorityTest, WhatCannotBeReadIsSaid) {
  authority_.signer.certificate = "no certificate";
  const auto advanced = advance(authority_, settings_, now_);
  ASSERT_FALSE(advanced);
  EXPECT_EQ(advanced.error().message.substr(0, 27), "cannot read the certificate");
}

}  // namespace
}  // namespace limen::infra

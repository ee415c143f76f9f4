#include "acme/jose.h"

#include <gtest/gtest.h>
#include <openssl/evp.h>

#include "acme/csr.h"
#include "base/json_text.h"
#include "base/sha256.h"
#include "base/strings.h"
#include "pki/certificate.h"
#include "pki/openssl.h"

namespace limen::acme {
namespace {

// Whether the JWS is signed with `key`, by OpenSSL's own check.
bool holds(const PrivateKey& key, const Json& jws) {
  const std::string text =
      std::string(jws.text("protected")) + "." + std::string(jws.text("payload"));
  const std::string raw = *decode_base64url(jws.text("signature"));
  std::string signature = raw;
  if (key.algorithm() != "RS256") {
    ECDSA_SIG* pair = ECDSA_SIG_new();
    const auto* bytes = reinterpret_cast<const unsigned char*>(raw.data());
    const int width = static_cast<int>(raw.size() / 2);
    ECDSA_SIG_set0(pair, BN_bin2bn(bytes, width, nullptr),
                   BN_bin2bn(bytes + width, width, nullptr));
    unsigned char* der = nullptr;
    const int size = i2d_ECDSA_SIG(pair, &der);
    signature.assign(reinterpret_cast<char*>(der), static_cast<size_t>(size));
    OPENSSL_free(der);
    ECDSA_SIG_free(pair);
  }
  EVP_MD_CTX* context = EVP_MD_CTX_new();
  EVP_DigestVerifyInit(context, nullptr, key.algorithm() == "ES384" ? EVP_sha384() : EVP_sha256(),
                       nullptr, key.get());
  const bool good =
      EVP_DigestVerify(context, reinterpret_cast<const unsigned char*>(signature.data()),
                       signature.size(), reinterpret_cast<const unsigned char*>(text.data()),
                       text.size()) == 1;
  EVP_MD_CTX_free(context);
  return good;
}

TEST(Jose, SignsWithEachTypeOfKey) {
  for (const auto& [type, algorithm] : {std::pair{KeyType::kEcdsaP256, "ES256"},
                                        {KeyType::kEcdsaP384, "ES384"},
                                        {KeyType::kRsa2048, "RS256"}}) {
    const PrivateKey key = *PrivateKey::make(type);
    const Json jws = *parse_json(*sign_jws(key, {"https://ca/order", "n1", "https://ca/me"}, "{}"));
    EXPECT_TRUE(holds(key, jws)) << algorithm;
    const Json head = *parse_json(*decode_base64url(jws.text("protected")));
    EXPECT_EQ(head.text("alg"), algorithm);
    EXPECT_EQ(head.text("kid"), "https://ca/me");
    EXPECT_EQ(head.text("url"), "https://ca/order");
    EXPECT_EQ(head.find("jwk"), nullptr);
    EXPECT_EQ(*decode_base64url(jws.text("payload")), "{}");
  }
}

TEST(Jose, AKeySurvivesItsPem) {
  const PrivateKey key = *PrivateKey::make(KeyType::kEcdsaP384);
  EXPECT_EQ(PrivateKey::read(*key.pem())->thumbprint(), key.thumbprint());
}

TEST(Jose, NumbersOfAJwkAreAsLongAsTheCurve) {
  for (int i = 0; i < 300; ++i) {  // one in 128 has a leading zero
    const PrivateKey key = *PrivateKey::make(KeyType::kEcdsaP256);
    const Json jwk = *parse_json(key.jwk());
    ASSERT_EQ(decode_base64url(jwk.text("x"))->size(), 32u);
    ASSERT_EQ(decode_base64url(jwk.text("y"))->size(), 32u);
  }
}

TEST(Jose, RefusesOtherKeys) {
  EVP_PKEY* other = EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519");
  BIO* out = BIO_new(BIO_s_mem());
  PEM_write_bio_PKCS8PrivateKey(out, other, nullptr, nullptr, 0, nullptr, nullptr);
  char* text = nullptr;
  const auto size = static_cast<size_t>(BIO_get_mem_data(out, &text));
  EXPECT_FALSE(PrivateKey::read({text, size}));
  BIO_free(out);
  EVP_PKEY_free(other);
  EXPECT_FALSE(PrivateKey::read("no key"));
}

TEST(Jose, BindsAnExternalAccount) {
  const Json jws = *parse_json(*bind_external_account({"kid-1", std::string(32, 'k')},
                                                      R"({"crv":"P-256"})", "https://ca/new"));
  const Json head = *parse_json(*decode_base64url(jws.text("protected")));
  EXPECT_EQ(head.text("alg"), "HS256");
  EXPECT_EQ(head.text("kid"), "kid-1");
  EXPECT_EQ(head.find("nonce"), nullptr);
  EXPECT_EQ(*decode_base64url(jws.text("payload")), R"({"crv":"P-256"})");
  EXPECT_EQ(decode_base64url(jws.text("signature"))->size(), 32u);
}

TEST(Csr, NamesWhatIsWanted) {
  const PrivateKey key = *PrivateKey::make(KeyType::kEcdsaP256);
  const std::string der = *make_csr(key, {"a.example", "*.b.example"});
  const auto* bytes = reinterpret_cast<const unsigned char*>(der.data());
  X509_REQ* csr = d2i_X509_REQ(nullptr, &bytes, static_cast<long>(der.size()));
  ASSERT_NE(csr, nullptr);
  EXPECT_EQ(X509_REQ_verify(csr, X509_REQ_get0_pubkey(csr)), 1);
  X509_REQ_free(csr);
  EXPECT_NE(der.find("a.example"), std::string::npos);
  EXPECT_NE(der.find("*.b.example"), std::string::npos);
}

TEST(Csr, RefusesWhatIsNoName) {
  const PrivateKey key = *PrivateKey::make(KeyType::kEcdsaP256);
  for (const char* name : {"", "a.example,DNS:evil.example", "a example", "a\n", "DNS:x"})
    EXPECT_FALSE(make_csr(key, {name})) << name;
  EXPECT_FALSE(make_csr(key, {}));
}

// RFC 8737, 3: critical, and holding the digest in an OCTET STRING.
TEST(Csr, AChallengeCertificateCarriesTheDigest) {
  const pki::KeyPair pair = *challenge_certificate("a.example", "token.thumbprint");
  EXPECT_TRUE(pki::check_pair(pair));
  EXPECT_EQ(pki::read_certificate(pair.certificate)->hosts, std::vector<std::string>{"a.example"});
  const pki::Ptr<X509> x509 = pki::read_x509(pair.certificate);
  ASN1_OBJECT* oid = OBJ_txt2obj("1.3.6.1.5.5.7.1.31", 1);
  const int place = X509_get_ext_by_OBJ(x509.get(), oid, -1);
  ASN1_OBJECT_free(oid);
  ASSERT_GE(place, 0);
  X509_EXTENSION* extension = X509_get_ext(x509.get(), place);
  EXPECT_EQ(X509_EXTENSION_get_critical(extension), 1);
  const ASN1_OCTET_STRING* value = X509_EXTENSION_get_data(extension);
  const std::string bytes(reinterpret_cast<const char*>(ASN1_STRING_get0_data(value)),
                          static_cast<size_t>(ASN1_STRING_length(value)));
  EXPECT_EQ(bytes, std::string("\x04\x20") + sha256("token.thumbprint"));
}

TEST(Csr, ARenewalIdIsMadeOfKeyIdAndSerial) {
  const auto life = pki::life_of_days(1);
  const auto authority = *pki::make_authority("test", life);
  const auto pair = *pki::issue(authority, {"a", "spiffe://a", {"a.example"}, life});
  const std::string id = *renewal_id(pair.certificate);
  const size_t dot = id.find('.');
  const pki::Ptr<X509> x509 = pki::read_x509(pair.certificate);
  EXPECT_EQ(decode_base64url(id.substr(0, dot))->size(), 20u);  // a SHA-1
  const std::string serial = *decode_base64url(id.substr(dot + 1));
  BIGNUM* number = ASN1_INTEGER_to_BN(X509_get0_serialNumber(x509.get()), nullptr);
  BIGNUM* found = BN_bin2bn(reinterpret_cast<const unsigned char*>(serial.data()),
                            static_cast<int>(serial.size()), nullptr);
  EXPECT_EQ(BN_cmp(number, found), 0);
  EXPECT_EQ(serial[0] & 0x80, 0) << "as DER has it: positive";
  BN_free(number);
  BN_free(found);
}

}  // namespace
}  // namespace limen::acme

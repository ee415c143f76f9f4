#include "acme/key.h"

#include <fmt/format.h>
#include <openssl/core_names.h>
#include <openssl/ecdsa.h>
#include <openssl/rsa.h>

#include "acme/jose.h"
#include "base/sha256.h"
#include "pki/openssl.h"

namespace limen::acme {
namespace {

constexpr int kLeastRsaBits = 2048;

bool is_rsa(EVP_PKEY* key) { return EVP_PKEY_is_a(key, "RSA") == 1; }

// Bytes of a coordinate of a point; 0: the curve is none of ours.
size_t coordinate_of(EVP_PKEY* key) {
  char group[32] = "";
  size_t length = 0;
  if (EVP_PKEY_get_group_name(key, group, sizeof(group), &length) != 1) return 0;
  const std::string_view name(group, length);
  if (name == "prime256v1" || name == "P-256") return 32;
  if (name == "secp384r1" || name == "P-384") return 48;
  return 0;
}

// A number of the key in big-endian bytes, `width` of them or as many as it needs.
std::string number_of(EVP_PKEY* key, const char* name, size_t width) {
  BIGNUM* number = nullptr;
  if (EVP_PKEY_get_bn_param(key, name, &number) != 1) return {};
  const size_t size = std::max(width, static_cast<size_t>(BN_num_bytes(number)));
  std::string bytes(size, '\0');
  BN_bn2binpad(number, reinterpret_cast<unsigned char*>(bytes.data()), static_cast<int>(size));
  BN_free(number);
  return bytes;
}

// OpenSSL's DER -> the two numbers one after the other.  RFC 7518, 3.4.
Result<std::string> raw_signature(const std::string& der, size_t width) {
  const auto* begin = reinterpret_cast<const unsigned char*>(der.data());
  ECDSA_SIG* signature = d2i_ECDSA_SIG(nullptr, &begin, static_cast<long>(der.size()));
  if (signature == nullptr) return pki::openssl_error("cannot read a signature");
  std::string raw(2 * width, '\0');
  auto* out = reinterpret_cast<unsigned char*>(raw.data());
  BN_bn2binpad(ECDSA_SIG_get0_r(signature), out, static_cast<int>(width));
  BN_bn2binpad(ECDSA_SIG_get0_s(signature), out + width, static_cast<int>(width));
  ECDSA_SIG_free(signature);
  return raw;
}

}  // namespace

Result<PrivateKey> PrivateKey::make(KeyType type) {
  EVP_PKEY* key = nullptr;
  switch (type) {
    case KeyType::kEcdsaP256: key = EVP_EC_gen("P-256"); break;
    case KeyType::kEcdsaP384: key = EVP_EC_gen("P-384"); break;
    case KeyType::kRsa2048: key = EVP_RSA_gen(2048); break;
    case KeyType::kRsa4096: key = EVP_RSA_gen(4096); break;
  }
  if (key == nullptr) return pki::openssl_error("cannot make a key");
  return PrivateKey(std::shared_ptr<EVP_PKEY>(key, EVP_PKEY_free));
}

Result<PrivateKey> PrivateKey::read(const std::string& pem) {
  pki::Ptr<EVP_PKEY> key = pki::read_key(pem);
  if (key == nullptr) return pki::openssl_error("cannot read the key");
  const bool usable = is_rsa(key.get()) ? EVP_PKEY_get_bits(key.get()) >= kLeastRsaBits
                                        : coordinate_of(key.get()) != 0;
  ERR_clear_error();
  if (!usable) return Error{"the key is neither ECDSA on P-256 or P-384 nor RSA of 2048 bits"};
  return PrivateKey(std::shared_ptr<EVP_PKEY>(key.release(), EVP_PKEY_free));
}

Result<std::string> PrivateKey::pem() const {
  const pki::Ptr<BIO> out(BIO_new(BIO_s_mem()));
  if (out == nullptr ||
      PEM_write_bio_PKCS8PrivateKey(out.get(), get(), nullptr, nullptr, 0, nullptr, nullptr) != 1)
    return pki::openssl_error("cannot write the key");
  char* text = nullptr;
  const long size = BIO_get_mem_data(out.get(), &text);
  return std::string(text, static_cast<size_t>(size));
}

std::string PrivateKey::jwk() const {
  if (is_rsa(get())) {
    return fmt::format(R"({{"e":"{}","kty":"RSA","n":"{}"}})",
                       encode_base64url(number_of(get(), OSSL_PKEY_PARAM_RSA_E, 1)),
                       encode_base64url(number_of(get(), OSSL_PKEY_PARAM_RSA_N, 1)));
  }
  const size_t width = coordinate_of(get());
  return fmt::format(R"({{"crv":"{}","kty":"EC","x":"{}","y":"{}"}})",
                     width == 32 ? "P-256" : "P-384",
                     encode_base64url(number_of(get(), OSSL_PKEY_PARAM_EC_PUB_X, width)),
                     encode_base64url(number_of(get(), OSSL_PKEY_PARAM_EC_PUB_Y, width)));
}

std::string PrivateKey::thumbprint() const { return encode_base64url(sha256(jwk())); }

std::string_view PrivateKey::algorithm() const {
  if (is_rsa(get())) return "RS256";
  return coordinate_of(get()) == 32 ? "ES256" : "ES384";
}

Result<std::string> PrivateKey::sign(std::string_view bytes) const {
  const EVP_MD* digest = algorithm() == "ES384" ? EVP_sha384() : EVP_sha256();
  const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context(EVP_MD_CTX_new(),
                                                                        EVP_MD_CTX_free);
  const auto* data = reinterpret_cast<const unsigned char*>(bytes.data());
  size_t size = 0;
  if (EVP_DigestSignInit(context.get(), nullptr, digest, nullptr, get()) != 1 ||
      EVP_DigestSign(context.get(), nullptr, &size, data, bytes.size()) != 1)
    return pki::openssl_error("cannot sign");
  std::string signature(size, '\0');
  auto* out = reinterpret_cast<unsigned char*>(signature.data());
  if (EVP_DigestSign(context.get(), out, &size, data, bytes.size()) != 1)
    return pki::openssl_error("cannot sign");
  signature.resize(size);
  return is_rsa(get()) ? Result<std::string>(std::move(signature))
                       : raw_signature(signature, coordinate_of(get()));
}

}  // namespace limen::acme

// Private keys of accounts and certificates.  Any thread.
#pragma once

#include <openssl/types.h>

#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"

namespace limen::acme {

enum class KeyType { kEcdsaP256, kEcdsaP384, kRsa2048, kRsa4096 };

// A key of OpenSSL's; copies share it.
class PrivateKey {
 public:
  // RSA takes up to seconds.
  static Result<PrivateKey> make(KeyType type);
  // PEM.  An error: it is no ECDSA key on P-256 or P-384 and no RSA key of 2048 bits and more.
  static Result<PrivateKey> read(const std::string& pem);

  Result<std::string> pem() const;  // PKCS #8
  // A JWK with its members in the order of RFC 7638.
  std::string jwk() const;
  std::string thumbprint() const;  // of the JWK
  // "ES256", "ES384" or "RS256", and a signature in that form.  RFC 7518.
  std::string_view algorithm() const;
  Result<std::string> sign(std::string_view bytes) const;

  EVP_PKEY* get() const { return key_.get(); }

 private:
  explicit PrivateKey(std::shared_ptr<EVP_PKEY> key) : key_(std::move(key)) {}

  std::shared_ptr<EVP_PKEY> key_;  // never nullptr
};

}  // namespace limen::acme

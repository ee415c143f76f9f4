#include "pki/openssl.h"

namespace limen::pki {
namespace {

Ptr<BIO> reader(const std::string& text) {
  return Ptr<BIO>(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
}

}  // namespace

Error openssl_error(const std::string& what) {
  const unsigned long code = ERR_get_error();
  ERR_clear_error();
  const char* reason = ERR_reason_error_string(code);
  return {what + ": " + (reason == nullptr ? "unknown reason" : reason)};
}

Ptr<X509> read_x509(const std::string& pem) {
  return Ptr<X509>(PEM_read_bio_X509(reader(pem).get(), nullptr, nullptr, nullptr));
}

Ptr<EVP_PKEY> read_key(const std::string& pem) {
  // Without a callback OpenSSL would ask a terminal for the password of an encrypted key.
  const auto no_password = [](char*, int, int, void*) { return 0; };
  return Ptr<EVP_PKEY>(PEM_read_bio_PrivateKey(reader(pem).get(), nullptr, no_password, nullptr));
}

}  // namespace limen::pki

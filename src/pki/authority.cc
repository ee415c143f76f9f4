#include "pki/authority.h"

#include <arpa/inet.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <memory>

namespace limen::pki {
namespace {

struct Free {
  void operator()(BIO* it) const { BIO_free(it); }
  void operator()(X509* it) const { X509_free(it); }
  void operator()(EVP_PKEY* it) const { EVP_PKEY_free(it); }
  void operator()(X509_EXTENSION* it) const { X509_EXTENSION_free(it); }
};
template <class T>
using Ptr = std::unique_ptr<T, Free>;

Error openssl_error(const std::string& what) {
  const unsigned long code = ERR_get_error();
  ERR_clear_error();
  const char* reason = ERR_reason_error_string(code);
  return {what + ": " + (reason == nullptr ? "unknown reason" : reason)};
}

template <class Write>
std::string pem(Write write) {
  const Ptr<BIO> out(BIO_new(BIO_s_mem()));
  if (out == nullptr || write(out.get()) != 1) return {};
  char* text = nullptr;
  const long size = BIO_get_mem_data(out.get(), &text);
  return {text, static_cast<size_t>(size)};
}

Ptr<BIO> reader(const std::string& text) {
  return Ptr<BIO>(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
}

bool extend(X509* certificate, X509* issuer, int id, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx_nodb(&context);
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  const Ptr<X509_EXTENSION> extension(X509V3_EXT_conf_nid(nullptr, &context, id, value.c_str()));
  return extension != nullptr && X509_add_ext(certificate, extension.get(), -1) == 1;
}

bool set_serial(X509* certificate) {
  unsigned char bytes[16];
  if (RAND_bytes(bytes, sizeof(bytes)) != 1) return false;
  bytes[0] &= 0x7F;  // positive
  BIGNUM* number = BN_bin2bn(bytes, sizeof(bytes), nullptr);
  const bool set = BN_to_ASN1_INTEGER(number, X509_get_serialNumber(certificate)) != nullptr;
  BN_free(number);
  return set;
}

// With its name, life and key; not signed yet.
Ptr<X509> draft(const std::string& common_name, int days, EVP_PKEY* key) {
  constexpr long kClockSkew = 300;  // seconds
  Ptr<X509> certificate(X509_new());
  X509_set_version(certificate.get(), X509_VERSION_3);
  X509_NAME_add_entry_by_txt(X509_get_subject_name(certificate.get()), "CN", MBSTRING_UTF8,
                             reinterpret_cast<const unsigned char*>(common_name.c_str()), -1, -1,
                             0);
  X509_gmtime_adj(X509_getm_notBefore(certificate.get()), -kClockSkew);
  X509_time_adj_ex(X509_getm_notAfter(certificate.get()), days, 0, nullptr);
  X509_set_pubkey(certificate.get(), key);
  return set_serial(certificate.get()) ? std::move(certificate) : nullptr;
}

Result<KeyPair> sign(X509* certificate, EVP_PKEY* key, EVP_PKEY* signer) {
  if (X509_sign(certificate, signer, EVP_sha256()) == 0) return openssl_error("cannot sign");
  return KeyPair{
      pem([&](BIO* out) { return PEM_write_bio_X509(out, certificate); }), pem([&](BIO* out) {
        return PEM_write_bio_PKCS8PrivateKey(out, key, nullptr, nullptr, 0, nullptr, nullptr);
      })};
}

bool is_address(const std::string& host) {
  unsigned char buffer[sizeof(in6_addr)];
  return ::inet_pton(AF_INET, host.c_str(), buffer) == 1 ||
         ::inet_pton(AF_INET6, host.c_str(), buffer) == 1;
}

// A comma would begin another name in OpenSSL's text form.
bool is_plain(const std::string& text) {
  return !text.empty() && std::none_of(text.begin(), text.end(), [](unsigned char c) {
    return c <= ' ' || c == ',' || c == ';' || c >= 0x7F;
  });
}

}  // namespace

Result<KeyPair> make_authority(const std::string& common_name, int days) {
  const Ptr<EVP_PKEY> key(EVP_EC_gen("P-256"));
  if (key == nullptr) return openssl_error("cannot make a key");
  const Ptr<X509> certificate = draft(common_name, days, key.get());
  if (certificate == nullptr) return openssl_error("cannot make a certificate");
  X509* it = certificate.get();
  X509_set_issuer_name(it, X509_get_subject_name(it));
  if (!extend(it, it, NID_basic_constraints, "critical,CA:TRUE,pathlen:0") ||
      !extend(it, it, NID_key_usage, "critical,keyCertSign,cRLSign") ||
      !extend(it, it, NID_subject_key_identifier, "hash"))
    return openssl_error("cannot make a certificate");
  return sign(it, key.get(), key.get());
}

Result<KeyPair> issue(const KeyPair& authority, const Subject& subject) {
  const Ptr<X509> issuer(
      PEM_read_bio_X509(reader(authority.certificate).get(), nullptr, nullptr, nullptr));
  const Ptr<EVP_PKEY> signer(
      PEM_read_bio_PrivateKey(reader(authority.key).get(), nullptr, nullptr, nullptr));
  if (issuer == nullptr || signer == nullptr) return openssl_error("cannot read the authority");
  std::string names = "URI:" + subject.uri;
  bool plain = is_plain(subject.uri);
  for (const std::string& host : subject.hosts) {
    plain = plain && is_plain(host);
    names += (is_address(host) ? ",IP:" : ",DNS:") + host;
  }
  if (!plain) return Error{"a name in '" + names + "' holds a space, a comma or nothing at all"};
  const Ptr<EVP_PKEY> key(EVP_EC_gen("P-256"));
  if (key == nullptr) return openssl_error("cannot make a key");
  const Ptr<X509> certificate = draft(subject.common_name, subject.days, key.get());
  if (certificate == nullptr) return openssl_error("cannot make a certificate");
  X509* it = certificate.get();
  X509_set_issuer_name(it, X509_get_subject_name(issuer.get()));
  if (!extend(it, issuer.get(), NID_basic_constraints, "critical,CA:FALSE") ||
      !extend(it, issuer.get(), NID_key_usage, "critical,digitalSignature") ||
      !extend(it, issuer.get(), NID_ext_key_usage, "serverAuth,clientAuth") ||
      !extend(it, issuer.get(), NID_subject_alt_name, names) ||
      !extend(it, issuer.get(), NID_authority_key_identifier, "keyid"))
    return openssl_error("cannot make a certificate");
  return sign(it, key.get(), signer.get());
}

}  // namespace limen::pki

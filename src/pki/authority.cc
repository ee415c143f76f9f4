#include "pki/authority.h"

#include <arpa/inet.h>
#include <openssl/rand.h>

#include <algorithm>

#include "pki/openssl.h"

namespace limen::pki {
namespace {

template <class Write>
std::string pem(Write write) {
  const Ptr<BIO> out(BIO_new(BIO_s_mem()));
  if (out == nullptr || write(out.get()) != 1) return {};
  char* text = nullptr;
  const long size = BIO_get_mem_data(out.get(), &text);
  return {text, static_cast<size_t>(size)};
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
Ptr<X509> draft(const std::string& common_name, Life life, EVP_PKEY* key) {
  const auto seconds = [](TimePoint time) { return std::chrono::system_clock::to_time_t(time); };
  Ptr<X509> certificate(X509_new());
  X509_set_version(certificate.get(), X509_VERSION_3);
  X509_NAME_add_entry_by_txt(X509_get_subject_name(certificate.get()), "CN", MBSTRING_UTF8,
                             reinterpret_cast<const unsigned char*>(common_name.c_str()), -1, -1,
                             0);
  ASN1_TIME_set(X509_getm_notBefore(certificate.get()), seconds(life.begin - kClockSkew));
  ASN1_TIME_set(X509_getm_notAfter(certificate.get()), seconds(life.begin + life.length));
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

Result<KeyPair> make_authority(const std::string& common_name, Life life) {
  const Ptr<EVP_PKEY> key(EVP_EC_gen("P-256"));
  if (key == nullptr) return openssl_error("cannot make a key");
  const Ptr<X509> certificate = draft(common_name, life, key.get());
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
  const Ptr<X509> issuer = read_x509(authority.certificate);
  const Ptr<EVP_PKEY> signer = read_key(authority.key);
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
  const Ptr<X509> certificate = draft(subject.common_name, subject.life, key.get());
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

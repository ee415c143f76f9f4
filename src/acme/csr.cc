#include "acme/csr.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>

#include "acme/jose.h"
#include "base/sha256.h"
#include "pki/openssl.h"

namespace limen::acme {
namespace {

using Request = std::unique_ptr<X509_REQ, decltype(&X509_REQ_free)>;

// OpenSSL's text form has separators that a name must not hold.
Result<std::string> alternative_names(const std::vector<std::string>& names) {
  std::string text;
  for (const std::string& name : names) {
    const bool plain = !name.empty() && std::all_of(name.begin(), name.end(), [](unsigned char c) {
      return std::isalnum(c) != 0 || c == '-' || c == '.' || c == '*' || c == '_';
    });
    if (!plain) return Error{fmt::format("'{}' is no DNS name", name)};
    text += (text.empty() ? "DNS:" : ",DNS:") + name;
  }
  if (text.empty()) return Error{"there is no name"};
  return text;
}

pki::Ptr<X509_EXTENSION> extension(int id, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx_nodb(&context);
  X509V3_set_ctx(&context, nullptr, nullptr, nullptr, nullptr, 0);
  return pki::Ptr<X509_EXTENSION>(X509V3_EXT_conf_nid(nullptr, &context, id, value.c_str()));
}

bool add_names(X509_REQ* request, const std::string& names) {
  pki::Ptr<X509_EXTENSION> alternative = extension(NID_subject_alt_name, names);
  if (alternative == nullptr) return false;
  STACK_OF(X509_EXTENSION)* all = sk_X509_EXTENSION_new_null();
  sk_X509_EXTENSION_push(all, alternative.get());
  const bool added = X509_REQ_add_extensions(request, all) == 1;
  sk_X509_EXTENSION_free(all);
  return added;
}

// Named by its number, which OpenSSL's text form allows.  RFC 8737, 6.1.
pki::Ptr<X509_EXTENSION> acme_identifier(const std::string& digest) {
  std::string value = "critical,DER:04:20";
  for (const unsigned char byte : digest) value += fmt::format(":{:02X}", byte);
  return pki::Ptr<X509_EXTENSION>(
      X509V3_EXT_conf(nullptr, nullptr, "1.3.6.1.5.5.7.1.31", value.c_str()));
}

Result<std::string> certificate_pem(X509* certificate) {
  const pki::Ptr<BIO> out(BIO_new(BIO_s_mem()));
  if (out == nullptr || PEM_write_bio_X509(out.get(), certificate) != 1)
    return pki::openssl_error("cannot write the certificate");
  char* text = nullptr;
  const long size = BIO_get_mem_data(out.get(), &text);
  return std::string(text, static_cast<size_t>(size));
}

bool add_extension(X509* certificate, const pki::Ptr<X509_EXTENSION>& added) {
  return added != nullptr && X509_add_ext(certificate, added.get(), -1) == 1;
}

}  // namespace

Result<std::string> make_csr(const PrivateKey& key, const std::vector<std::string>& names) {
  const auto alternative = alternative_names(names);
  if (!alternative) return alternative.error();
  const Request request(X509_REQ_new(), X509_REQ_free);
  if (request == nullptr || X509_REQ_set_version(request.get(), X509_REQ_VERSION_1) != 1 ||
      X509_REQ_set_pubkey(request.get(), key.get()) != 1 ||
      !add_names(request.get(), *alternative) ||
      X509_REQ_sign(request.get(), key.get(), EVP_sha256()) == 0)
    return pki::openssl_error("cannot make a certificate signing request");
  unsigned char* der = nullptr;
  const int size = i2d_X509_REQ(request.get(), &der);
  if (size <= 0) return pki::openssl_error("cannot write a certificate signing request");
  std::string bytes(reinterpret_cast<const char*>(der), static_cast<size_t>(size));
  OPENSSL_free(der);
  return bytes;
}

Result<pki::KeyPair> challenge_certificate(const std::string& name,
                                           const std::string& key_authorization) {
  const auto alternative = alternative_names({name});
  if (!alternative) return alternative.error();
  const auto key = PrivateKey::make(KeyType::kEcdsaP256);
  if (!key) return key.error();
  constexpr long kDay = 24L * 3600;
  const pki::Ptr<X509> certificate(X509_new());
  X509* it = certificate.get();
  X509_set_version(it, X509_VERSION_3);
  ASN1_INTEGER_set(X509_get_serialNumber(it), 1);
  X509_gmtime_adj(X509_getm_notBefore(it), -kDay);
  X509_gmtime_adj(X509_getm_notAfter(it), 7 * kDay);
  X509_NAME_add_entry_by_txt(X509_get_subject_name(it), "CN", MBSTRING_UTF8,
                             reinterpret_cast<const unsigned char*>("ACME challenge"), -1, -1, 0);
  X509_set_issuer_name(it, X509_get_subject_name(it));
  X509_set_pubkey(it, key->get());
  if (!add_extension(it, extension(NID_subject_alt_name, *alternative)) ||
      !add_extension(it, acme_identifier(sha256(key_authorization))) ||
      X509_sign(it, key->get(), EVP_sha256()) == 0)
    return pki::openssl_error("cannot make a certificate");
  auto pem = certificate_pem(it);
  auto key_pem = key->pem();
  if (!pem) return pem.error();
  if (!key_pem) return key_pem.error();
  return pki::KeyPair{std::move(*pem), std::move(*key_pem)};
}

Result<std::string> renewal_id(const std::string& certificate) {
  const pki::Ptr<X509> x509 = pki::read_x509(certificate);
  if (x509 == nullptr) return pki::openssl_error("cannot read the certificate");
  const ASN1_OCTET_STRING* authority = X509_get0_authority_key_id(x509.get());
  if (authority == nullptr) return Error{"the certificate does not name its authority's key"};
  unsigned char* der = nullptr;
  const int size = i2d_ASN1_INTEGER(X509_get_serialNumber(x509.get()), &der);
  constexpr int kHead = 2;  // tag and length: serial numbers are short
  if (size <= kHead) return pki::openssl_error("cannot read the serial number");
  const std::string serial(reinterpret_cast<const char*>(der) + kHead,
                           static_cast<size_t>(size - kHead));
  OPENSSL_free(der);
  const auto* id = reinterpret_cast<const char*>(ASN1_STRING_get0_data(authority));
  return encode_base64url({id, static_cast<size_t>(ASN1_STRING_length(authority))}) + "." +
         encode_base64url(serial);
}

}  // namespace limen::acme

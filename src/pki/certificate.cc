#include "pki/certificate.h"

#include <ctime>

#include "pki/openssl.h"

namespace limen::pki {
namespace {

TimePoint time_of(const ASN1_TIME* time) {
  std::tm fields{};
  if (ASN1_TIME_to_tm(time, &fields) != 1) return {};
  return std::chrono::system_clock::from_time_t(::timegm(&fields));
}

void add_names(X509* x509, Certificate& certificate) {
  const Ptr<GENERAL_NAMES> names(
      static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(x509, NID_subject_alt_name, nullptr, nullptr)));
  for (int i = 0; i < sk_GENERAL_NAME_num(names.get()); ++i) {
    const GENERAL_NAME* name = sk_GENERAL_NAME_value(names.get(), i);
    if (name->type != GEN_URI && name->type != GEN_DNS) continue;
    const ASN1_IA5STRING* text = name->d.ia5;
    (name->type == GEN_URI ? certificate.uris : certificate.hosts)
        .emplace_back(reinterpret_cast<const char*>(ASN1_STRING_get0_data(text)),
                      static_cast<size_t>(ASN1_STRING_length(text)));
  }
}

}  // namespace

Result<Certificate> read_certificate(const std::string& pem) {
  const Ptr<X509> x509 = read_x509(pem);
  if (x509 == nullptr) return openssl_error("cannot read the certificate");
  Certificate certificate;
  certificate.begin = time_of(X509_get0_notBefore(x509.get())) + kClockSkew;
  certificate.not_after = time_of(X509_get0_notAfter(x509.get()));
  certificate.is_authority = X509_check_ca(x509.get()) == 1;
  add_names(x509.get(), certificate);
  ERR_clear_error();
  return certificate;
}

Status check_pair(const KeyPair& pair) {
  const Ptr<X509> x509 = read_x509(pair.certificate);
  if (x509 == nullptr) return openssl_error("cannot read the certificate");
  const Ptr<EVP_PKEY> key = read_key(pair.key);
  if (key == nullptr) return openssl_error("cannot read the key");
  if (X509_check_private_key(x509.get(), key.get()) == 1) return {};
  ERR_clear_error();
  return Error{"the key is not the certificate's"};
}

bool is_signed_by(const std::string& pem, const std::string& authority_pem) {
  const Ptr<X509> x509 = read_x509(pem);
  const Ptr<X509> authority = read_x509(authority_pem);
  const bool is_signed = x509 != nullptr && authority != nullptr &&
                         X509_verify(x509.get(), X509_get0_pubkey(authority.get())) == 1;
  ERR_clear_error();
  return is_signed;
}

bool is_due(const Certificate& certificate, TimePoint now) {
  const auto life = certificate.not_after - certificate.begin;
  return now >= certificate.not_after - life / 3;
}

}  // namespace limen::pki

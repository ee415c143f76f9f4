#include <envoy/extensions/transport_sockets/tls/v3/tls.pb.h>
#include <fmt/format.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ocsp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include "translate/gateway/rules.h"
#include "translate/sds.h"
#include "translate/trust.h"

namespace limen::translate {
namespace {

using Bio = std::unique_ptr<BIO, decltype(&BIO_free)>;
using X509Ptr = std::unique_ptr<X509, decltype(&X509_free)>;
constexpr char kStaple[] = "tls.ocsp-staple";

using KeyPtr = std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)>;

Bio reader(const std::string& text) {
  return {BIO_new_mem_buf(text.data(), static_cast<int>(text.size())), BIO_free};
}

// Refuses to ask anyone for a pass phrase.
int no_pass_phrase(char*, int, int, void*) { return -1; }

X509Ptr first_certificate(const std::string& pem) {
  const Bio text = reader(pem);
  return {PEM_read_bio_X509(text.get(), nullptr, no_pass_phrase, nullptr), X509_free};
}

Verdict check_pair(const std::string& certificate_pem, const std::string& key_pem) {
  const X509Ptr certificate = first_certificate(certificate_pem);
  const Bio key_text = reader(key_pem);
  const KeyPtr key(PEM_read_bio_PrivateKey(key_text.get(), nullptr, no_pass_phrase, nullptr),
                   EVP_PKEY_free);
  Verdict verdict;
  if (certificate == nullptr) {
    verdict = Verdict::no("InvalidCertificateRef", "tls.crt holds no PEM certificate");
  } else if (key == nullptr) {
    verdict = Verdict::no("InvalidCertificateRef",
                          "tls.key holds no PEM private key (encrypted keys are not read)");
  } else if (X509_check_private_key(certificate.get(), key.get()) != 1) {
    verdict = Verdict::no("InvalidCertificateRef",
                          "tls.key does not belong to the certificate in tls.crt");
  }
  ERR_clear_error();
  return verdict;
}

// What Envoy would refuse of an OCSP response, and with it the certificate; "": nothing.  One that
// has expired it takes and does not staple.  Source: Envoy's ocsp.cc; RFC 6960, 4.2.1.
std::string mistake_in_staple(X509& certificate, const std::string& der) {
  const auto* begin = reinterpret_cast<const unsigned char*>(der.data());
  const auto* end = begin;
  const std::unique_ptr<OCSP_RESPONSE, decltype(&OCSP_RESPONSE_free)> response(
      d2i_OCSP_RESPONSE(nullptr, &end, static_cast<long>(der.size())), OCSP_RESPONSE_free);
  if (response == nullptr || end != begin + der.size()) return "is no OCSP response (DER)";
  if (OCSP_response_status(response.get()) != OCSP_RESPONSE_STATUS_SUCCESSFUL)
    return "is an OCSP response that says nothing of a certificate";
  const std::unique_ptr<OCSP_BASICRESP, decltype(&OCSP_BASICRESP_free)> basic(
      OCSP_response_get1_basic(response.get()), OCSP_BASICRESP_free);
  if (basic == nullptr) return "is an OCSP response of an unknown type";
  if (OCSP_resp_count(basic.get()) != 1) return "is not about one certificate";
  ASN1_INTEGER* serial = nullptr;
  auto* id = const_cast<OCSP_CERTID*>(  // OpenSSL does not write to it
      OCSP_SINGLERESP_get0_id(OCSP_resp_get0(basic.get(), 0)));
  if (OCSP_id_get0_info(nullptr, nullptr, nullptr, &serial, id) != 1 ||
      ASN1_INTEGER_cmp(serial, X509_get0_serialNumber(&certificate)) != 0)
    return "is about another certificate";
  return {};
}

// RFC 7633: clients refuse it without an OCSP response.
bool must_staple(const X509& certificate) {
  return X509_get_ext_by_NID(&certificate, NID_tlsfeature, -1) >= 0;
}

Certificate unusable(const std::string& message) {
  return {Verdict::no("InvalidCertificateRef", message), nullptr, {}};
}

// Why it goes without; "": it does not, or there is none.
std::string write_staple(const api::Secret& secret, X509& certificate,
                         envoy::extensions::transport_sockets::tls::v3::TlsCertificate& out) {
  if (!secret.data.contains(kStaple) && !secret.string_data.contains(kStaple)) return {};
  const auto staple = value_of(secret, kStaple);
  const std::string mistake =
      staple ? mistake_in_staple(certificate, *staple) : std::string("is not base64");
  ERR_clear_error();
  if (!mistake.empty()) return std::string(kStaple) + " " + mistake;
  out.mutable_ocsp_staple()->set_inline_bytes(*staple);
  return {};
}

Certificate read(const Options& options, const api::Secret& secret) {
  if (secret.type == kSdsSecretType) {
    SdsReading reading = read_sds(options, secret);
    if (!reading.mistake.empty()) return unusable(reading.mistake);
    return {{}, nullptr, std::move(reading.secret)};
  }
  if (secret.type != "kubernetes.io/tls") {
    return unusable(
        fmt::format("its type is '{}' where 'kubernetes.io/tls' is needed", secret.type));
  }
  const auto certificate = value_of(secret, "tls.crt");
  const auto key = value_of(secret, "tls.key");
  if (!certificate || !key) {
    return unusable(
        fmt::format("{} is missing or not base64", certificate ? "tls.key" : "tls.crt"));
  }
  if (Verdict verdict = check_pair(*certificate, *key); !verdict.ok) return {verdict, nullptr, {}};

  envoy::extensions::transport_sockets::tls::v3::Secret message;
  message.set_name(secret.metadata.key().text());
  message.mutable_tls_certificate()->mutable_certificate_chain()->set_inline_bytes(*certificate);
  message.mutable_tls_certificate()->mutable_private_key()->set_inline_bytes(*key);
  const std::string mistake =
      write_staple(secret, *first_certificate(*certificate), *message.mutable_tls_certificate());
  if (must_staple(*first_certificate(*certificate)) && !message.tls_certificate().has_ocsp_staple())
    return unusable("clients want an OCSP response of it (must-staple), and " +
                    (mistake.empty() ? std::string(kStaple) + " is missing" : mistake));
  return {{}, xds::fragment_of(message), {message.name(), {}}, mistake};
}

}  // namespace

Verdict add_certificate(flow::Reads& reads, World& world, const Referrer& from,
                        const api::SecretObjectReference& ref, std::vector<SdsSecret>& secrets) {
  if (!ref.group.empty() || ref.kind != "Secret") {
    return Verdict::no("InvalidCertificateRef",
                       fmt::format("a certificateRef must name a Secret, not a {} of group '{}'",
                                   ref.kind, ref.group));
  }
  const ObjectKey key{ref.name_space.value_or(std::string(from.name_space)), ref.name};
  if (!may_refer(reads, world, from, "", "Secret", key)) {
    return Verdict::no("RefNotPermitted",
                       fmt::format("Secret {}: no ReferenceGrant in namespace {} lets {}s of "
                                   "namespace {} refer to it",
                                   key.text(), key.name_space, from.kind, from.name_space));
  }
  const Certificate* certificate = world.certificates.get(reads, key);
  if (certificate == nullptr) {
    return Verdict::no("InvalidCertificateRef",
                       fmt::format("Secret {} does not exist", key.text()));
  }
  if (!certificate->usable.ok) {
    return Verdict::no("InvalidCertificateRef",
                       fmt::format("Secret {}: {}", key.text(), certificate->usable.message));
  }
  secrets.push_back(certificate->name);
  if (certificate->staple_mistake.empty()) return {};
  return Verdict::no("InvalidCertificateRef", fmt::format("Secret {}: {}; the certificate is shown "
                                                          "without it",
                                                          key.text(), certificate->staple_mistake));
}

ShownCertificate read_shown_certificate(flow::Reads& reads, World& world, const Referrer& from,
                                        std::string_view path,
                                        const api::SecretObjectReference& ref) {
  std::vector<SdsSecret> secrets;
  Verdict usable = add_certificate(reads, world, from, ref, secrets);
  if (!secrets.empty()) return {{}, secrets.front()};
  if (usable.reason == "InvalidCertificateRef") usable.reason = "InvalidClientCertificateRef";
  usable.message = fmt::format("{}: {}", path, usable.message);
  return {std::move(usable), {}};
}

std::shared_ptr<const Certificate> read_certificate(flow::Reads& reads, World& world,
                                                    const ObjectKey& key) {
  const api::Secret* secret = world.secret_objects.get(reads, key);
  return secret == nullptr ? nullptr
                           : std::make_shared<const Certificate>(read(world.options, *secret));
}

std::shared_ptr<const xds::Fragment> share_secret(flow::Reads& reads, World& world,
                                                  const ProxyName& key) {
  const std::string_view name = key.name;
  const size_t slash = name.find('/');
  const size_t end = name.find('/', slash + 1);
  const ObjectKey object{name.substr(0, slash), name.substr(slash + 1, end - slash - 1)};
  if (end != std::string_view::npos) return client_ca_of(reads, world, object, name);
  const Certificate* certificate = world.certificates.get(reads, object);
  return certificate == nullptr ? nullptr : certificate->secret;
}

}  // namespace limen::translate

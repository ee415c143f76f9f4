#include <envoy/extensions/transport_sockets/tls/v3/tls.pb.h>
#include <fmt/format.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include "translate/gateway/rules.h"
#include "translate/sds.h"
#include "translate/trust.h"

namespace limen::translate {
namespace {

using Bio = std::unique_ptr<BIO, decltype(&BIO_free)>;
using X509Ptr = std::unique_ptr<X509, decltype(&X509_free)>;
using KeyPtr = std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)>;

Bio reader(const std::string& text) {
  return {BIO_new_mem_buf(text.data(), static_cast<int>(text.size())), BIO_free};
}

// Refuses to ask anyone for a pass phrase.
int no_pass_phrase(char*, int, int, void*) { return -1; }

Verdict check_pair(const std::string& certificate_pem, const std::string& key_pem) {
  const Bio certificate_text = reader(certificate_pem);
  const X509Ptr certificate(
      PEM_read_bio_X509(certificate_text.get(), nullptr, no_pass_phrase, nullptr), X509_free);
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

Certificate unusable(const std::string& message) {
  return {Verdict::no("InvalidCertificateRef", message), nullptr, {}};
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
  if (const auto staple = value_of(secret, "tls.ocsp-staple")) {
    message.mutable_tls_certificate()->mutable_ocsp_staple()->set_inline_bytes(*staple);
  }
  return {{}, xds::fragment_of(message), {message.name(), {}}};
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
  return {};
}

std::optional<ClientCertificate> read_client_certificate(flow::Reads& reads, World& world,
                                                         const ObjectKey& gateway,
                                                         const api::GatewayBackendTls& tls) {
  if (!tls.client_certificate_ref) return std::nullopt;
  std::vector<SdsSecret> secrets;
  Verdict usable =
      add_certificate(reads, world, {api::kGatewayGroup, "Gateway", gateway.name_space},
                      *tls.client_certificate_ref, secrets);
  if (usable.ok) return ClientCertificate{gateway, {}, secrets.front()};
  if (usable.reason == "InvalidCertificateRef") usable.reason = "InvalidClientCertificateRef";
  usable.message = fmt::format("spec.tls.backend.clientCertificateRef: {}", usable.message);
  return ClientCertificate{gateway, std::move(usable), {}};
}

std::shared_ptr<const ClientCertificate> client_certificate_of(flow::Reads& reads, World& world,
                                                               const std::string& proxy) {
  const ProxyModel* model = world.proxies.get(reads, proxy);
  if (model == nullptr || !model->client_certificate) return nullptr;
  return std::make_shared<const ClientCertificate>(*model->client_certificate);
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

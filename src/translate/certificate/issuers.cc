#include <fmt/format.h>

#include "base/strings.h"
#include "translate/certificate/rules.h"
#include "translate/trust.h"

namespace limen::translate {
namespace {

constexpr char kProduction[] = "https://acme-v02.api.letsencrypt.org/directory";
constexpr char kStaging[] = "https://acme-staging-v02.api.letsencrypt.org/directory";
constexpr std::string_view kLetsEncrypt = "letsencrypt",
                           kLetsEncryptStaging = "letsencrypt-staging";

std::string directory_of(const std::string& server, const Options& options) {
  return options.acme_staging && server == kProduction ? kStaging : server;
}

acme::KeyType key_type_of(api::AcmeKeyType type) {
  switch (type) {
    case api::AcmeKeyType::kEcdsaP256: return acme::KeyType::kEcdsaP256;
    case api::AcmeKeyType::kEcdsaP384: return acme::KeyType::kEcdsaP384;
    case api::AcmeKeyType::kRsa2048: return acme::KeyType::kRsa2048;
    case api::AcmeKeyType::kRsa4096: return acme::KeyType::kRsa4096;
  }
  __builtin_unreachable();
}

acme::ChallengeType challenge_type_of(api::AcmeChallengeType type) {
  switch (type) {
    case api::AcmeChallengeType::kHttp01: return acme::ChallengeType::kHttp01;
    case api::AcmeChallengeType::kTlsAlpn01: return acme::ChallengeType::kTlsAlpn01;
    case api::AcmeChallengeType::kDns01: return acme::ChallengeType::kDns01;
  }
  __builtin_unreachable();
}

class Reader {
 public:
  Reader(flow::Reads& reads, World& world, const ObjectKey& policy)
      : reads_(reads), world_(world), policy_(policy) {}

  // Writes `verdict` where a reference is wrong.
  acme::Issuer read(const api::AcmeIssuer& spec, const std::string& path, Verdict& verdict) {
    acme::Issuer issuer;
    issuer.account.directory_url = directory_of(spec.server, world_.options);
    issuer.account.email = spec.email.value_or("");
    issuer.key_type = key_type_of(spec.key_type);
    issuer.profile = spec.profile.value_or("");
    for (const api::AcmeChallenge& challenge : spec.challenges) {
      issuer.challenges.push_back(challenge_type_of(challenge.type));
      if (challenge.hook) issuer.dns_hook = *challenge.hook;
    }
    if (spec.external_account_binding)
      bind(*spec.external_account_binding, path + ".externalAccountBinding", issuer, verdict);
    add_authorities(spec, path, issuer, verdict);
    return issuer;
  }

 private:
  void bind(const api::AcmeExternalAccountBinding& binding, const std::string& path,
            acme::Issuer& issuer, Verdict& verdict) {
    const auto& ref = binding.key_secret_ref;
    const ObjectKey key{policy_.name_space, ref.name};
    const api::Secret* secret = world_.secret_objects.get(reads_, key);
    const auto text = secret == nullptr ? std::nullopt : value_of(*secret, ref.key);
    const auto bytes = text ? decode_base64url(trimmed(*text)) : std::nullopt;
    if (bytes && !bytes->empty()) {
      issuer.account.external_account = acme::ExternalAccount{binding.key_id, *bytes};
      return;
    }
    const char* what = secret == nullptr ? "does not exist"
                       : !text           ? "has no such key"
                                         : "has no base64url there";
    refuse(
        fmt::format("{}.keySecretRef: Secret {}, key '{}': it {}", path, key.text(), ref.key, what),
        verdict);
  }

  void add_authorities(const api::AcmeIssuer& spec, const std::string& path, acme::Issuer& issuer,
                       Verdict& verdict) {
    for (size_t i = 0; i < spec.ca_certificate_refs.size(); ++i) {
      const auto& ref = spec.ca_certificate_refs[i];
      Trust trust = read_trust(reads_, world_, ref.group, ref.kind, {policy_.name_space, ref.name});
      issuer.account.authorities += trust.pem;
      if (!trust.sds.empty())
        trust.verdict = Verdict::no("InvalidCACertificateRef", "Limen itself asks no SDS server");
      if (!trust.verdict.ok)
        refuse(fmt::format("{}.caCertificateRefs[{}]: {}", path, i, trust.verdict.message),
               verdict);
    }
  }

  static std::string trimmed(std::string text) {
    while (!text.empty() && (text.back() == '\n' || text.back() == '\r' || text.back() == '='))
      text.pop_back();
    return text;
  }

  static void refuse(const std::string& message, Verdict& verdict) {
    if (verdict.ok) verdict = Verdict::no("InvalidReference", message);
  }

  flow::Reads& reads_;
  World& world_;
  const ObjectKey& policy_;
};

}  // namespace

std::optional<std::string> annotated_policy(const api::ObjectMeta& metadata) {
  const auto it = metadata.annotations.find(api::kAcmeAnnotation);
  if (it == metadata.annotations.end() || it->second == kLetsEncrypt ||
      it->second == kLetsEncryptStaging)
    return std::nullopt;
  return it->second;
}

std::optional<acme::Issuer> well_known_issuer(std::string_view word, const Options& options) {
  if (word != kLetsEncrypt && word != kLetsEncryptStaging) return std::nullopt;
  acme::Issuer issuer;
  issuer.account.directory_url =
      word == kLetsEncryptStaging ? kStaging : directory_of(kProduction, options);
  return issuer;
}

std::shared_ptr<const IssuersModel> read_issuers(flow::Reads& reads, World& world,
                                                 const ObjectKey& key) {
  const api::CertificatePolicy* policy = world.certificate_policies.get(reads, key);
  if (policy == nullptr) return nullptr;
  auto model = std::make_shared<IssuersModel>();
  Reader reader(reads, world, key);
  const auto& issuers = policy->spec.acme.issuers;
  for (size_t i = 0; i < issuers.size(); ++i) {
    model->issuers.push_back(
        reader.read(issuers[i], fmt::format("spec.acme.issuers[{}]", i), model->resolved_refs));
  }
  return model;
}

}  // namespace limen::translate

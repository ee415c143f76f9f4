#include "translate/trust.h"

#include <fmt/format.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include "base/strings.h"
#include "translate/sds.h"

namespace limen::translate {
namespace {

constexpr char kClusterGroup[] = "certificates.k8s.io";

// Text that is nothing but PEM of one type, and what it is in an object.
struct Form {
  const char* key;
  const char* words;
  bool (*read)(BIO* reader);  // one piece
};

bool read_certificate_piece(BIO* reader) {
  X509* certificate = PEM_read_bio_X509(reader, nullptr, nullptr, nullptr);
  X509_free(certificate);
  return certificate != nullptr;
}

bool read_list(BIO* reader) {
  X509_CRL* list = PEM_read_bio_X509_CRL(reader, nullptr, nullptr, nullptr);
  X509_CRL_free(list);
  return list != nullptr;
}

constexpr Form kBundle = {"ca.crt", "certificates", read_certificate_piece};
constexpr Form kLists = {"ca.crl", "lists of revoked certificates", read_list};

// Envoy refuses a bundle as a whole if one certificate in it can't be read; of lists it leaves out
// what it can't read.
bool is_all(const Form& form, const std::string& pem) {
  const std::unique_ptr<BIO, decltype(&BIO_free)> reader(
      BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())), BIO_free);
  size_t count = 0;
  ERR_clear_error();
  while (form.read(reader.get())) ++count;
  const bool at_end = ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE;
  ERR_clear_error();
  return at_end && count > 0;
}

// "SecurityPolicies", "HTTPRouteFilters".
std::string plural_of(std::string_view kind) {
  if (kind.ends_with('y')) return fmt::format("{}ies", kind.substr(0, kind.size() - 1));
  return fmt::format("{}s", kind);
}

Trust failed(const char* reason, const std::string& message) {
  return {Verdict::no(reason, message), {}, {}};
}

Trust check(const Form& form, const std::string& label, const char* field,
            std::optional<std::string> pem) {
  if (!pem)
    return failed("InvalidCACertificateRef", fmt::format("{} has no readable {}", label, field));
  if (!is_all(form, *pem)) {
    return failed("InvalidCACertificateRef",
                  fmt::format("{}: {} is no PEM text of {}", label, field, form.words));
  }
  if (pem->back() != '\n') pem->push_back('\n');
  return {{}, *std::move(pem), {}};
}

template <class Object>
Trust check_key(const Form& form, const std::string& label, const Object* object) {
  if (object == nullptr) return failed("InvalidCACertificateRef", label + " does not exist");
  return check(form, label, form.key, value_of(*object, form.key));
}

// Of lists of revoked certificates no SDS server is asked.
Trust read_secret(const Form& form, const std::string& label, const Options& options,
                  const api::Secret* secret) {
  if (secret == nullptr || secret->type != kSdsSecretType || &form != &kBundle)
    return check_key(form, label, secret);
  SdsReading reading = read_sds(options, *secret);
  if (!reading.mistake.empty())
    return failed("InvalidCACertificateRef", fmt::format("{}: {}", label, reading.mistake));
  return {{}, {}, std::move(reading.secret)};
}

// nullopt: neither a ConfigMap nor a Secret.
std::optional<Trust> read_key(flow::Reads& reads, World& world, const Form& form,
                              std::string_view group, std::string_view kind, const ObjectKey& key) {
  const std::string label = fmt::format("{} {}", kind, key.text());
  if (group.empty() && kind == "ConfigMap")
    return check_key(form, label, world.config_maps.get(reads, key));
  if (group.empty() && kind == "Secret")
    return read_secret(form, label, world.options, world.secret_objects.get(reads, key));
  return std::nullopt;
}

}  // namespace

void Trust::add(Trust other) {
  if (verdict.ok) verdict = std::move(other.verdict);
  if (other.empty()) return;
  if (!sds.empty() || (!empty() && !other.sds.empty())) {
    if (verdict.ok)
      verdict = Verdict::no(
          "InvalidCACertificateRef",
          fmt::format("a Secret of type {} must be the only reference", kSdsSecretType));
    return;
  }
  pem += other.pem;
  sds = std::move(other.sds);
}

std::optional<std::string> value_of(const api::ConfigMap& map, const std::string& name) {
  if (auto it = map.data.find(name); it != map.data.end()) return it->second;
  auto it = map.binary_data.find(name);
  return it == map.binary_data.end() ? std::nullopt : decode_base64(it->second);
}

std::optional<std::string> value_of(const api::Secret& secret, const std::string& name) {
  if (auto it = secret.string_data.find(name); it != secret.string_data.end()) return it->second;
  auto it = secret.data.find(name);
  return it == secret.data.end() ? std::nullopt : decode_base64(it->second);
}

FoundSecret find_secret(flow::Reads& reads, World& world, const Referrer& from,
                        const api::SecretObjectReference& ref) {
  const ObjectKey key{ref.name_space.value_or(std::string(from.name_space)), ref.name};
  if (!ref.group.empty() || ref.kind != "Secret")
    return {nullptr,
            fmt::format("must name a Secret, not a {} of group '{}'", ref.kind, ref.group)};
  if (!may_refer(reads, world, from, "", "Secret", key))
    return {
        nullptr,
        fmt::format("no ReferenceGrant in namespace {} lets {} of namespace {} refer to Secret {}",
                    key.name_space, plural_of(from.kind), from.name_space, key.text())};
  const api::Secret* secret = world.secret_objects.get(reads, key);
  if (secret == nullptr) return {nullptr, fmt::format("Secret {} does not exist", key.text())};
  return {secret, {}};
}

SecretValue read_line(flow::Reads& reads, World& world, const Referrer& from,
                      const api::SecretObjectReference& ref, const char* name) {
  const FoundSecret found = find_secret(reads, world, from, ref);
  if (found.secret == nullptr) return {{}, found.mistake};
  std::string text = value_of(*found.secret, name).value_or("");
  if (text.empty()) return {{}, fmt::format("the Secret has no readable {}", name)};
  if (text.find_first_of("\r\n") != std::string::npos)
    return {{}, fmt::format("the Secret's {} has a line break", name)};
  return {std::move(text), {}};
}

Trust read_trust(flow::Reads& reads, World& world, std::string_view group, std::string_view kind,
                 const ObjectKey& key) {
  if (auto trust = read_key(reads, world, kBundle, group, kind, key)) return *std::move(trust);
  if (group == kClusterGroup && kind == "ClusterTrustBundle") {
    const std::string cluster_label = fmt::format("{} {}", kind, key.name);
    const auto* bundle = world.cluster_trust_bundles.get(reads, {"", key.name});
    if (bundle == nullptr)
      return failed("InvalidCACertificateRef", cluster_label + " does not exist");
    return check(kBundle, cluster_label, "spec.trustBundle", bundle->spec.trust_bundle);
  }
  return failed("InvalidKind",
                fmt::format("a CA reference must name a ConfigMap, Secret or ClusterTrustBundle, "
                            "not a {} of group '{}'",
                            kind, group));
}

Trust read_revoked(flow::Reads& reads, World& world, std::string_view group, std::string_view kind,
                   const ObjectKey& key) {
  if (auto trust = read_key(reads, world, kLists, group, kind, key)) return *std::move(trust);
  return failed("InvalidKind", fmt::format("a CRL reference must name a ConfigMap or Secret, not a "
                                           "{} of group '{}'",
                                           kind, group));
}

Trust read_referred(flow::Reads& reads, World& world, const Referrer& from,
                    const api::ObjectReference& ref, TrustPart part) {
  const ObjectKey key{ref.name_space.value_or(std::string(from.name_space)), ref.name};
  const bool in_cluster = ref.kind == "ClusterTrustBundle";
  if (!in_cluster && !may_refer(reads, world, from, ref.group, ref.kind, key)) {
    return failed(
        "RefNotPermitted",
        fmt::format("{} {}: no ReferenceGrant in namespace {} lets {} of namespace {} "
                    "refer to it",
                    ref.kind, key.text(), key.name_space, plural_of(from.kind), from.name_space));
  }
  return part == TrustPart::kCas ? read_trust(reads, world, ref.group, ref.kind, key)
                                 : read_revoked(reads, world, ref.group, ref.kind, key);
}

}  // namespace limen::translate

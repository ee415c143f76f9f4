#include "translate/trust.h"

#include <fmt/format.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include "base/strings.h"

namespace limen::translate {
namespace {

constexpr char kKey[] = "ca.crt";

// Envoy refuses a bundle as a whole if one certificate in it can't be read.
bool is_bundle(const std::string& pem) {
  const std::unique_ptr<BIO, decltype(&BIO_free)> reader(
      BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())), BIO_free);
  size_t count = 0;
  ERR_clear_error();
  while (X509* certificate = PEM_read_bio_X509(reader.get(), nullptr, nullptr, nullptr)) {
    X509_free(certificate);
    ++count;
  }
  const bool at_end = ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE;
  ERR_clear_error();
  return at_end && count > 0;
}

Trust failed(const char* reason, const std::string& message) {
  return {Verdict::no(reason, message), {}};
}

Trust check(const std::string& label, const char* field, std::optional<std::string> pem) {
  if (!pem)
    return failed("InvalidCACertificateRef", fmt::format("{} has no readable {}", label, field));
  if (!is_bundle(*pem)) {
    return failed("InvalidCACertificateRef",
                  fmt::format("{}: {} is no PEM text of certificates", label, field));
  }
  if (pem->back() != '\n') pem->push_back('\n');
  return {{}, *std::move(pem)};
}

// The value under ca.crt.
template <class Object>
Trust check_key(const std::string& label, const Object* object) {
  if (object == nullptr) return failed("InvalidCACertificateRef", label + " does not exist");
  return check(label, kKey, value_of(*object, kKey));
}

}  // namespace

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

Trust read_trust(flow::Reads& reads, World& world, std::string_view group, std::string_view kind,
                 const ObjectKey& key) {
  const std::string label = fmt::format("{} {}", kind, key.text());
  if (group.empty() && kind == "ConfigMap")
    return check_key(label, world.config_maps.get(reads, key));
  if (group.empty() && kind == "Secret")
    return check_key(label, world.secret_objects.get(reads, key));
  if (group == "certificates.k8s.io" && kind == "ClusterTrustBundle") {
    const std::string cluster_label = fmt::format("{} {}", kind, key.name);
    const auto* bundle = world.cluster_trust_bundles.get(reads, {"", key.name});
    if (bundle == nullptr)
      return failed("InvalidCACertificateRef", cluster_label + " does not exist");
    return check(cluster_label, "spec.trustBundle", bundle->spec.trust_bundle);
  }
  return failed("InvalidKind",
                fmt::format("a CA reference must name a ConfigMap, Secret or ClusterTrustBundle, "
                            "not a {} of group '{}'",
                            kind, group));
}

}  // namespace limen::translate

// Envoy hands names on to BoringSSL, which refuses what it does not know and what stands in a list
// twice.  The names here were tried with Envoy 1.40.
#include <envoy/extensions/transport_sockets/tls/v3/tls.pb.h>
#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <set>
#include <span>

#include "features/tls.h"

namespace limen::features {
namespace {

struct Name {
  std::string_view name, alias;
};

// OpenSSL's name, IANA's.
constexpr Name kCiphers[] = {
    {"ECDHE-ECDSA-AES128-GCM-SHA256", "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256"},
    {"ECDHE-RSA-AES128-GCM-SHA256", "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256"},
    {"ECDHE-ECDSA-AES256-GCM-SHA384", "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384"},
    {"ECDHE-RSA-AES256-GCM-SHA384", "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384"},
    {"ECDHE-ECDSA-CHACHA20-POLY1305", "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256"},
    {"ECDHE-RSA-CHACHA20-POLY1305", "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256"},
    {"ECDHE-ECDSA-AES128-SHA", "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA"},
    {"ECDHE-RSA-AES128-SHA", "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA"},
    {"ECDHE-ECDSA-AES256-SHA", "TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA"},
    {"ECDHE-RSA-AES256-SHA", "TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA"},
    {"AES128-GCM-SHA256", "TLS_RSA_WITH_AES_128_GCM_SHA256"},
    {"AES256-GCM-SHA384", "TLS_RSA_WITH_AES_256_GCM_SHA384"},
    {"AES128-SHA", "TLS_RSA_WITH_AES_128_CBC_SHA"},
    {"AES256-SHA", "TLS_RSA_WITH_AES_256_CBC_SHA"},
};
constexpr Name kCurves[] = {
    {"X25519", "x25519"},   {"P-256", "prime256v1"}, {"P-384", "secp384r1"},
    {"P-521", "secp521r1"}, {"X25519MLKEM768", ""},  {"MLKEM1024", ""},
};
constexpr Name kSignatureAlgorithms[] = {
    {"rsa_pkcs1_sha256", "RSA+SHA256"},
    {"rsa_pkcs1_sha384", "RSA+SHA384"},
    {"rsa_pkcs1_sha512", "RSA+SHA512"},
    {"rsa_pss_rsae_sha256", "RSA-PSS+SHA256"},
    {"rsa_pss_rsae_sha384", "RSA-PSS+SHA384"},
    {"rsa_pss_rsae_sha512", "RSA-PSS+SHA512"},
    {"ecdsa_secp256r1_sha256", "ECDSA+SHA256"},
    {"ecdsa_secp384r1_sha384", "ECDSA+SHA384"},
    {"ecdsa_secp521r1_sha512", "ECDSA+SHA512"},
    {"ed25519", ""},
    {"rsa_pkcs1_sha1", "RSA+SHA1"},
    {"ecdsa_sha1", "ECDSA+SHA1"},
};

// Adds the names, each once, as Envoy knows them.
template <class Out>
void write_names(const std::vector<std::string>& names, std::span<const Name> known,
                 const std::string& path, Out& out, Problems& problems) {
  std::set<std::string_view> seen;
  for (size_t i = 0; i < names.size(); ++i) {
    const auto it = std::find_if(known.begin(), known.end(), [&](const Name& name) {
      return !names[i].empty() && (name.name == names[i] || name.alias == names[i]);
    });
    if (it == known.end()) {
      problems.push_back(
          {"Invalid", fmt::format("{}[{}]", path, i), fmt::format("'{}' is not known", names[i])});
    } else if (seen.insert(it->name).second) {
      out.Add(std::string(it->name));
    }
  }
}

tls_v3::TlsParameters::TlsProtocol protocol_of(api::TlsVersion version) {
  switch (version) {
    case api::TlsVersion::kAuto: return tls_v3::TlsParameters::TLS_AUTO;
    case api::TlsVersion::k10: return tls_v3::TlsParameters::TLSv1_0;
    case api::TlsVersion::k11: return tls_v3::TlsParameters::TLSv1_1;
    case api::TlsVersion::k12: return tls_v3::TlsParameters::TLSv1_2;
    case api::TlsVersion::k13: return tls_v3::TlsParameters::TLSv1_3;
  }
  __builtin_unreachable();
}

const char* name_of(api::AlpnProtocol protocol) {
  switch (protocol) {
    case api::AlpnProtocol::kHttp10: return "http/1.0";
    case api::AlpnProtocol::kHttp11: return "http/1.1";
    case api::AlpnProtocol::kH2: return "h2";
  }
  __builtin_unreachable();
}

void write_versions(const api::TlsSettings& tls, tls_v3::TlsParameters& out) {
  out.set_tls_minimum_protocol_version(protocol_of(tls.min_version.value_or(api::TlsVersion::k12)));
  out.set_tls_maximum_protocol_version(protocol_of(tls.max_version.value_or(api::TlsVersion::k13)));
}

}  // namespace

Problems write_tls_settings(const api::TlsSettings& tls, const std::string& path,
                            tls_v3::CommonTlsContext& out) {
  Problems problems;
  auto& parameters = *out.mutable_tls_params();
  write_versions(tls, parameters);
  write_names(tls.ciphers, kCiphers, path + ".ciphers", *parameters.mutable_cipher_suites(),
              problems);
  write_names(tls.ecdh_curves, kCurves, path + ".ecdhCurves", *parameters.mutable_ecdh_curves(),
              problems);
  write_names(tls.signature_algorithms, kSignatureAlgorithms, path + ".signatureAlgorithms",
              *parameters.mutable_signature_algorithms(), problems);
  if (!tls.alpn_protocols) return problems;
  out.clear_alpn_protocols();
  for (const api::AlpnProtocol protocol : *tls.alpn_protocols)
    out.add_alpn_protocols(name_of(protocol));
  return problems;
}

}  // namespace limen::features

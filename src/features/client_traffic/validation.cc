// How clients' certificates are checked: spec.tls.clientValidation.
#include <absl/strings/ascii.h>
#include <envoy/extensions/transport_sockets/tls/v3/common.pb.h>
#include <fmt/format.h>

#include <algorithm>

#include "base/strings.h"
#include "features/client_traffic.h"
#include "features/string_match.h"

namespace limen::features {
namespace {

using Matcher = tls_v3::SubjectAltNameMatcher;

constexpr char kPath[] = "spec.tls.clientValidation";
constexpr size_t kHash = 32;  // SHA-256, in bytes

bool is_hash(const std::string& text) {
  std::string digits = text;
  if (text.size() == kHash * 3 - 1) {  // AB:CD:...
    for (size_t i = 2; i < text.size(); i += 3) {
      if (text[i] != ':') return false;
    }
    std::erase(digits, ':');
  }
  return digits.size() == kHash * 2 && std::all_of(digits.begin(), digits.end(), [](char c) {
           return absl::ascii_isxdigit(static_cast<unsigned char>(c));
         });
}

bool is_spki_hash(const std::string& text) {
  constexpr size_t kLength = 44;  // of a hash in base64
  const auto bytes = decode_base64(text);
  return text.size() == kLength && bytes && bytes->size() == kHash;
}

// As 1.2.3: the first two numbers are one byte together.  X.660.
bool is_oid(const std::string& text) {
  int numbers[2] = {};
  size_t count = 0;
  for (size_t at = 0; at <= text.size(); ++count) {
    const size_t end = std::min(text.find('.', at), text.size());
    const std::string part = text.substr(at, end - at);
    if (part.empty() || part.size() > 9 || (part.size() > 1 && part[0] == '0')) return false;
    if (part.find_first_not_of("0123456789") != std::string::npos) return false;
    if (count < 2) numbers[count] = std::stoi(part);
    at = end + 1;
  }
  return count >= 2 && numbers[0] <= 2 && (numbers[0] == 2 || numbers[1] < 40);
}

class Writer {
 public:
  explicit Writer(tls_v3::CertificateValidationContext& out) : out_(out) {}

  void write_hashes(const api::ClientValidationContext& validation) {
    for (size_t i = 0; i < validation.spki_hashes.size(); ++i) {
      if (!is_spki_hash(validation.spki_hashes[i]))
        add(fmt::format(".spkiHashes[{}]", i), "it is no SHA-256 in base64");
      out_.add_verify_certificate_spki(validation.spki_hashes[i]);
    }
    for (size_t i = 0; i < validation.certificate_hashes.size(); ++i) {
      if (!is_hash(validation.certificate_hashes[i]))
        add(fmt::format(".certificateHashes[{}]", i), "it is no SHA-256 in hex");
      out_.add_verify_certificate_hash(validation.certificate_hashes[i]);
    }
  }

  void write_names(const api::SubjectAltNames& names) {
    write_names("dnsNames", Matcher::DNS, names.dns_names);
    write_names("emailAddresses", Matcher::EMAIL, names.email_addresses);
    write_names("ipAddresses", Matcher::IP_ADDRESS, names.ip_addresses);
    write_names("uris", Matcher::URI, names.uris);
    const int first = out_.match_typed_subject_alt_names_size();
    write_names("otherNames", Matcher::OTHER_NAME, names.other_names);
    for (size_t i = 0; i < names.other_names.size(); ++i) {
      const std::string& oid = names.other_names[i].oid;
      if (!is_oid(oid))
        add(fmt::format(".subjectAltNames.otherNames[{}].oid", i),
            fmt::format("'{}' is no object identifier such as 1.2.3.4", oid));
      out_.mutable_match_typed_subject_alt_names(first + static_cast<int>(i))->set_oid(oid);
    }
  }

  void add(const std::string& field, const std::string& message) {
    problems.push_back({"Invalid", kPath + field, message});
  }

  Problems problems;

 private:
  template <class Match>
  void write_names(const char* field, Matcher::SanType type, const std::vector<Match>& matches) {
    for (size_t i = 0; i < matches.size(); ++i) {
      Matcher& matcher = *out_.add_match_typed_subject_alt_names();
      matcher.set_san_type(type);
      const std::string mistake = write_string_match(matches[i], *matcher.mutable_matcher());
      if (!mistake.empty()) add(fmt::format(".subjectAltNames.{}[{}]", field, i), mistake);
    }
  }

  tls_v3::CertificateValidationContext& out_;
};

// Envoy takes none of these without CAs.
void check_needs(const api::ClientValidationContext& validation,
                 const tls_v3::CertificateValidationContext& context, Writer& writer) {
  if (context.match_typed_subject_alt_names_size() > 0)
    writer.add(".subjectAltNames", "needs caCertificateRefs");
  if (validation.crl) writer.add(".crl", "needs caCertificateRefs");
  if (validation.allow_expired_certificate.value_or(false))
    writer.add(".allowExpiredCertificate", "needs caCertificateRefs");
  if (validation.verifies() && validation.spki_hashes.empty() &&
      validation.certificate_hashes.empty())
    writer.add("",
               "nothing says which certificates are good: set caCertificateRefs, spkiHashes "
               "or certificateHashes");
}

// What Envoy does not look at where a server says who vouches for each trust domain (SPIFFE): all
// names but URIs, for one.
void check_beside_server(const api::ClientValidationContext& validation, Writer& writer) {
  const auto refuse = [&](bool set, const char* field) {
    if (set) writer.add(field, "cannot go with caCertificateRefs that another SDS server has");
  };
  refuse(!validation.spki_hashes.empty(), ".spkiHashes");
  refuse(!validation.certificate_hashes.empty(), ".certificateHashes");
  refuse(validation.crl.has_value(), ".crl");
  if (!validation.subject_alt_names) return;
  const api::SubjectAltNames& names = *validation.subject_alt_names;
  refuse(!names.dns_names.empty(), ".subjectAltNames.dnsNames");
  refuse(!names.email_addresses.empty(), ".subjectAltNames.emailAddresses");
  refuse(!names.ip_addresses.empty(), ".subjectAltNames.ipAddresses");
  refuse(!names.other_names.empty(), ".subjectAltNames.otherNames");
}

}  // namespace

Problems write_client_validation(const api::ClientValidationContext& validation,
                                 const ClientTrust& trust,
                                 tls_v3::CertificateValidationContext& out) {
  Writer writer(out);
  if (!trust.cas.empty()) out.mutable_trusted_ca()->set_inline_bytes(trust.cas);
  writer.write_hashes(validation);
  if (validation.subject_alt_names) writer.write_names(*validation.subject_alt_names);
  if (validation.crl) {
    out.mutable_crl()->set_inline_bytes(trust.crls);
    out.set_only_verify_leaf_cert_crl(validation.crl->only_verify_leaf_certificate.value_or(false));
  }
  out.set_allow_expired_certificate(validation.allow_expired_certificate.value_or(false));
  if (!validation.verifies())
    out.set_trust_chain_verification(tls_v3::CertificateValidationContext::ACCEPT_UNTRUSTED);
  if (validation.ca_certificate_refs.empty()) check_needs(validation, out, writer);
  if (trust.elsewhere) check_beside_server(validation, writer);
  return std::move(writer.problems);
}

std::vector<std::string> fields_without_effect(const api::ClientValidationContext& validation) {
  std::vector<std::string> fields;
  if (validation.verifies()) return fields;
  const auto add = [&fields](bool set, const char* field) {
    if (set) fields.push_back(std::string(kPath) + field);
  };
  add(!validation.spki_hashes.empty(), ".spkiHashes");
  add(!validation.certificate_hashes.empty(), ".certificateHashes");
  add(validation.subject_alt_names.has_value(), ".subjectAltNames");
  add(validation.crl.has_value(), ".crl");
  return fields;
}

}  // namespace limen::features

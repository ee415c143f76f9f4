#include "api/gateway/tables.h"

namespace limen::api {

using schema::each;
using schema::items;
using schema::length;
using schema::object;
using schema::pattern;
using schema::required;
using schema::unique_by;

const Schema& schema_of(const LocalPolicyTargetReferenceWithSectionName*) {
  using Reference = LocalPolicyTargetReferenceWithSectionName;
  static const Schema schema =
      object<Reference>("LocalPolicyTargetReferenceWithSectionName",
                        "What a policy is about: an object of its namespace, or a section of it.")
          .base<LocalObjectReference>("The object.")
          .field<&Reference::section_name>("sectionName", "Only this listener, rule or port.",
                                           length(1, 253), pattern(kSectionPattern));
  return schema;
}

const Schema& schema_of(const PolicyAncestorStatus*) {
  static const Schema schema =
      object<PolicyAncestorStatus>("PolicyAncestorStatus", "What a policy comes to for a Gateway.")
          .field<&PolicyAncestorStatus::ancestor_ref>("ancestorRef", "The Gateway.", required())
          .field<&PolicyAncestorStatus::controller_name>("controllerName", "Who wrote this entry.",
                                                         required(), length(1, 253),
                                                         pattern(kControllerPattern))
          .field<&PolicyAncestorStatus::conditions>("conditions", "Accepted, ResolvedRefs.",
                                                    required(), items(1, 8), unique_by({"type"}));
  return schema;
}

const Schema& schema_of(const PolicyStatus*) {
  static const Schema schema =
      object<PolicyStatus>("PolicyStatus", "State of a policy, per Gateway.")
          .field<&PolicyStatus::ancestors>("ancestors", "One entry a Gateway of ours.",
                                           items(0, 16), schema::keep_empty());
  return schema;
}

std::vector<std::string_view> names_of(const SubjectAltNameType*) { return {"Hostname", "URI"}; }

const Schema& schema_of(const SubjectAltName*) {
  static const Schema schema =
      object<SubjectAltName>("SubjectAltName", "A name that the certificate may have.")
          .field<&SubjectAltName::type>("type", "Which kind of name.", required())
          .field<&SubjectAltName::hostname>("hostname", "A DNS name.", length(1, 253),
                                            pattern(kHostnamePattern))
          .field<&SubjectAltName::uri>(
              "uri", "A URI with scheme and authority, such as a SPIFFE identity.", length(1, 253),
              pattern(R"(^(([^:/?#]+):)(//([^/?#]*))([^?#]*)(\?([^#]*))?(#(.*))?)"))
          .rule("has(self.hostname) == (self.type == 'Hostname')",
                "hostname must be set where type is Hostname, and only there")
          .rule("has(self.uri) == (self.type == 'URI')",
                "uri must be set where type is URI, and only there");
  return schema;
}

const Schema& schema_of(const BackendTlsPolicyValidation*) {
  static const Schema schema =
      object<BackendTlsPolicyValidation>("BackendTLSPolicyValidation",
                                         "How the backend's certificate is checked.")
          .field<&BackendTlsPolicyValidation::ca_certificate_refs>(
              "caCertificateRefs",
              "ConfigMaps or Secrets with CAs under key ca.crt, or ClusterTrustBundles.",
              items(1, 8))
          .field<&BackendTlsPolicyValidation::well_known_ca_certificates>(
              "wellKnownCACertificates", "System: the CAs that the machine trusts.", length(1, 253),
              pattern(
                  R"(^(System|([a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*/([A-Za-z0-9][-A-Za-z0-9_.]{0,61})?[A-Za-z0-9]))$)"))
          .field<&BackendTlsPolicyValidation::hostname>(
              "hostname", "Server name (SNI), and the name to check unless subjectAltNames says.",
              required(), length(1, 253), pattern(kExactHostnamePattern))
          .field<&BackendTlsPolicyValidation::subject_alt_names>(
              "subjectAltNames", "Names of which the certificate must have one.", items(0, 5))
          .rule("has(self.caCertificateRefs) != has(self.wellKnownCACertificates)",
                "set exactly one of caCertificateRefs and wellKnownCACertificates");
  return schema;
}

const Schema& schema_of(const BackendTlsPolicySpec*) {
  static const Schema schema =
      object<BackendTlsPolicySpec>("BackendTLSPolicySpec", "TLS towards which backends, and how.")
          .field<&BackendTlsPolicySpec::target_refs>("targetRefs", "Services, or ports of them.",
                                                     required(), items(1, 16))
          .field<&BackendTlsPolicySpec::validation>(
              "validation", "How the backend's certificate is checked.", required())
          .field<&BackendTlsPolicySpec::options>("options", "Settings of the implementation.",
                                                 items(0, 16), each(length(0, 4096)),
                                                 schema::not_in_effect())
          .rule(
              "self.targetRefs.all(p1, self.targetRefs.all(p2, (p1.group == p2.group && p1.kind == p2.kind && p1.name == p2.name) ? has(p1.sectionName) == has(p2.sectionName) : true))",
              "targetRefs to the same object must all set sectionName")
          .rule(
              "self.targetRefs.all(p1, self.targetRefs.exists_one(p2, p1.group == p2.group && p1.kind == p2.kind && p1.name == p2.name && has(p1.sectionName) == has(p2.sectionName) && (!has(p1.sectionName) || p1.sectionName == p2.sectionName)))",
              "targetRefs to the same object must differ in sectionName");
  return schema;
}

const Schema& schema_of(const BackendTlsPolicy*) {
  static const Schema schema =
      object<BackendTlsPolicy>("BackendTLSPolicy", "TLS towards Services. GEP-1897.")
          .field<&BackendTlsPolicy::metadata>("metadata", kMetadata, required())
          .field<&BackendTlsPolicy::spec>("spec", "Which backends, and how.", required())
          .field<&BackendTlsPolicy::status>("status", "Written by the controller.");
  return schema;
}

}  // namespace limen::api

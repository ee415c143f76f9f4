// The rules about certificates that are obtained by ACME.  Each is pure; nullptr means "no row".
// Called by the pipeline only.
#pragma once

#include "translate/world.h"

namespace limen::translate {

// The CertificatePolicy that an object's annotation names; nullopt: none, or a CA.
std::optional<std::string> annotated_policy(const api::ObjectMeta& metadata);

// Of what a CertificatePolicy targets: kGateway or kListenerSet.
api::Kind certificate_owner_kind(const api::LocalPolicyTargetReferenceWithSectionName& ref);

// Who has listeners: a Gateway or a ListenerSet.
struct CertificateOwner {
  api::Kind kind;
  const api::ObjectMeta& metadata;

  TargetKey key() const { return {kind, metadata.key()}; }
};

// Who says how a listener's certificates are obtained; nullopt: nobody.  A policy of the listener
// beats its owner's, that beats the annotation; of equals the oldest counts.  What a Gateway says
// is not about its ListenerSets, which may be other teams'.
struct CertificateGovernor {
  std::optional<ObjectKey> policy;
  std::optional<acme::Issuer> well_known;  // iff there is no policy
};
std::optional<CertificateGovernor> governor_of(flow::Reads& reads, World& world,
                                               const CertificateOwner& owner,
                                               const std::string& section);

// Where a listener is not ready because a certificate is still to be obtained: writes
// `awaits_certificate` and says so in its verdicts.
void await_certificate(flow::Reads& reads, World& world, const CertificateOwner& owner,
                       ListenerModel& listener);

// A policy as issuers, its Secrets and CAs read.
std::shared_ptr<const IssuersModel> read_issuers(flow::Reads& reads, World& world,
                                                 const ObjectKey& key);

// Let's Encrypt, as the annotation names it; nullopt: another word.
std::optional<acme::Issuer> well_known_issuer(std::string_view word, const Options& options);

// The certificates of the listeners of a Gateway or ListenerSet.
std::shared_ptr<const OwnedCertificates> find_certificates(flow::Reads& reads, World& world,
                                                           const TargetKey& owner);

// What is to be obtained for a Secret.
std::shared_ptr<const WantedCertificate> want_certificate(flow::Reads& reads, World& world,
                                                          const ObjectKey& secret);

// One entry a Gateway or ListenerSet, or listener of one, at most 16.
std::shared_ptr<const api::PolicyStatus> certificate_policy_status(flow::Reads& reads, World& world,
                                                                   const ObjectKey& key);

}  // namespace limen::translate

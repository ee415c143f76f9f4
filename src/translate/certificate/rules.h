// The rules about certificates that are obtained by ACME.  Each is pure; nullptr means "no row".
// Called by the pipeline only.
#pragma once

#include "translate/world.h"

namespace limen::translate {

// The CertificatePolicy that a Gateway's annotation names; nullopt: none, or a CA.
std::optional<std::string> annotated_policy(const api::Gateway& gateway);

// Who says how a listener's certificates are obtained; nullopt: nobody.  A policy of the listener
// beats its Gateway's, that beats the annotation; of equals the oldest counts.
struct CertificateGovernor {
  std::optional<ObjectKey> policy;
  std::optional<acme::Issuer> well_known;  // iff there is no policy
};
std::optional<CertificateGovernor> governor_of(flow::Reads& reads, World& world,
                                               const api::Gateway& gateway,
                                               const std::string& section);

// Where a Gateway's listener is not ready because a certificate is still to be obtained: writes
// `awaits_certificate` and says so in its verdicts.
void await_certificate(flow::Reads& reads, World& world, const api::Gateway& gateway,
                       ListenerModel& listener);

// A policy as issuers, its Secrets and CAs read.
std::shared_ptr<const IssuersModel> read_issuers(flow::Reads& reads, World& world,
                                                 const ObjectKey& key);

// Let's Encrypt, as the annotation names it; nullopt: another word.
std::optional<acme::Issuer> well_known_issuer(std::string_view word, const Options& options);

// The certificates of a Gateway's listeners.
std::shared_ptr<const GatewayCertificates> find_certificates(flow::Reads& reads, World& world,
                                                             const ObjectKey& key);

// What is to be obtained for a Secret.
std::shared_ptr<const WantedCertificate> want_certificate(flow::Reads& reads, World& world,
                                                          const ObjectKey& secret);

// One entry a Gateway, or listener of one, at most 16.
std::shared_ptr<const api::PolicyStatus> certificate_policy_status(flow::Reads& reads, World& world,
                                                                   const ObjectKey& key);

}  // namespace limen::translate

// What CertificatePolicies and the annotation limen.dev/acme come to.  Part of the model (model.h).
#pragma once

#include <optional>
#include <vector>

#include "acme/keeper.h"
#include "translate/model.h"

namespace limen::translate {

// A CertificatePolicy.  An issuer without challenges takes those that its Gateway can answer.
struct IssuersModel {
  Verdict resolved_refs;  // not ok: nothing is obtained
  std::vector<acme::Issuer> issuers;

  bool operator==(const IssuersModel&) const = default;
};

// A certificateRef of a listener that a policy, or the annotation, governs.
struct CertificateUse {
  ObjectKey secret;
  std::string hostname;
  Text section;                       // the listener
  std::optional<ObjectKey> policy;    // nullopt: the annotation names a CA itself
  Verdict verdict;                    // not ok: why nothing is obtained
  std::vector<acme::Issuer> issuers;  // iff it is ok

  bool operator==(const CertificateUse&) const = default;
};

// Where an HTTP-01 challenge is answered.
struct ChallengePlaces {
  acme::Challenge challenge;
  std::vector<VirtualHostKey>
      hosts;                      // that requests for its name may come to, be they there or not
  std::vector<ProxyName> strays;  // route configurations whose listeners all have other names

  bool operator==(const ChallengePlaces&) const = default;
};

// What the listeners of a Gateway or ListenerSet ask for.
struct OwnedCertificates {
  std::string proxy;
  std::vector<CertificateUse> uses;

  bool operator==(const OwnedCertificates&) const = default;
};

}  // namespace limen::translate

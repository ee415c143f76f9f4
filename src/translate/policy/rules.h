// The rules about BackendTLSPolicy.  Each is pure; nullptr means "no row".  Called by the pipeline
// and by translate/backend.  Source: GEP-1897, GEP-713.
#pragma once

#include "translate/world.h"

namespace limen::translate {

// What a targetRef of a policy in that namespace names; nullopt: a kind that we know nothing of.
std::optional<TargetKey> target_of(const Text& name_space,
                                   const api::LocalPolicyTargetReferenceWithSectionName& ref);

// A policy as TLS settings, its CAs read.
std::shared_ptr<const BackendTls> read_backend_tls(flow::Reads& reads, World& world,
                                                   const ObjectKey& key);

// Whether policies apply to it: TLS that is passed through is the client's own, and datagrams carry
// none of ours.
inline bool takes_tls(const ClusterRef& cluster) {
  return cluster.protocol != BackendProtocol::kTls && cluster.protocol != BackendProtocol::kUdp;
}

// The settings of the policy that governs a cluster: one that names the port beats one that names
// the whole target, then the oldest, then the first by name.  nullptr: none, plain text.
const BackendTls* tls_of(flow::Reads& reads, World& world, const ClusterRef& cluster);

// One entry a Gateway whose routes use a target of the policy, behind those of other controllers,
// at most 16.  Source: GEP-713, PolicyStatus.ancestors.
std::shared_ptr<const api::PolicyStatus> policy_status(flow::Reads& reads, World& world,
                                                       const ObjectKey& key);

}  // namespace limen::translate

// By what the rows of tables are grouped in the indexes of world.h.  For pipeline.cc only; pure.
#pragma once

#include <set>

#include "translate/certificate/rules.h"
#include "translate/policy/rules.h"
#include "translate/world.h"

namespace limen::translate {

inline constexpr char kServiceNameLabel[] = "kubernetes.io/service-name";

void slices_by_service(const ObjectKey& key, const api::EndpointSlice& slice, auto& emit) {
  const auto label = slice.metadata.labels.find(kServiceNameLabel);
  if (label != slice.metadata.labels.end()) emit(ObjectKey{key.name_space, label->second});
}

void grants_by_policies(const ObjectKey&, const api::ReferenceGrant& grant, auto& emit) {
  std::set<std::string> namespaces;
  for (const auto& from : grant.spec.from) {
    if (from.group == api::kEnvoyGroup && namespaces.insert(from.name_space).second)
      emit(Text(from.name_space));
  }
}

void policies_by_target(const ObjectKey& key, const api::BackendTlsPolicy& policy, auto& emit) {
  std::set<TargetKey> targets;
  for (const auto& ref : policy.spec.target_refs) {
    const auto target = target_of(key.name_space, ref);
    if (target && targets.insert(*target).second)
      emit(*target, PolicyOrder{policy.metadata.creation_timestamp.unix_seconds});
  }
}

void entries_by_virtual_host(const RouteKey&, const TranslatedRoute& route, auto& emit) {
  for (const RouteEntry& entry : route.entries) {
    if (!entry.virtual_host.route_configuration.empty()) emit(entry.virtual_host, entry.order);
  }
}

void entries_by_filter_chain(const RouteKey&, const TranslatedRoute& route, auto& emit) {
  for (const RouteEntry& entry : route.entries) {
    if (entry.virtual_host.route_configuration.empty()) emit(entry.virtual_host, entry.order);
  }
}

void hosts_by_route_configuration(const VirtualHostKey& key, const xds::Fragment&, auto& emit) {
  emit(ProxyName{key.proxy, key.route_configuration});
}

void grpc_by_route_configuration(const RouteKey& key, const TranslatedRoute& route, auto& emit) {
  if (key.kind != api::Kind::kGrpcRoute) return;
  std::set<ProxyName> names;
  for (const RouteEntry& entry : route.entries)
    names.insert({entry.virtual_host.proxy, entry.virtual_host.route_configuration});
  for (const ProxyName& name : names) emit(name);
}

void own_hosts_of_listeners(const std::string& proxy, const ProxyModel& model, auto& emit) {
  for (const ListenerModel& listener : model.listeners) {
    if (listener.served() && !listener.route_configuration.empty())
      emit(VirtualHostKey{proxy, listener.route_configuration, listener.ir_name(),
                          listener.hostname});
  }
}

void names_of_route_configurations(const std::string& proxy, const ProxyModel& model, auto& emit) {
  for (const auto& [name, listener] : model.route_configurations) emit(ProxyName{proxy, name});
}

void each_secret(const ProxyModel& model, auto take) {
  for (const ListenerModel& listener : model.listeners) {
    for (const SdsSecret& secret : listener.secrets) take(secret);
    if (!listener.client_ca.empty()) take(listener.client_ca);
  }
  const auto& shown = model.backend_tls.client_certificate;
  if (shown && shown->usable.ok) take(shown->secret);
}

void names_of_secrets(const std::string& proxy, const ProxyModel& model, auto& emit) {
  each_secret(model, [&](const SdsSecret& secret) {
    if (secret.is_ours()) emit(ProxyName{proxy, secret.name});
  });
}

void sockets_of_sds(const std::string& proxy, const ProxyModel& model, auto& emit) {
  std::set<std::string> sockets;
  each_secret(model, [&](const SdsSecret& secret) {
    if (!secret.is_ours()) sockets.insert(secret.socket);
  });
  for (const std::string& socket : sockets) emit(ProxyName{proxy, socket});
}

// What TLS needs of ours.
void secrets_of_use(const SecretUse& use, auto& emit) {
  for (const SdsSecret& secret : use.secrets) {
    if (!secret.is_ours()) continue;
    for (const Text& proxy : use.proxies) emit(ProxyName{proxy, secret.name});
  }
}

void sockets_of_use(const SecretUse& use, auto& emit) {
  std::set<std::string> sockets;
  for (const SdsSecret& secret : use.secrets) {
    if (!secret.is_ours()) sockets.insert(secret.socket);
  }
  for (const std::string& socket : sockets) {
    for (const Text& proxy : use.proxies) emit(ProxyName{proxy, socket});
  }
}

void targets_of_cluster(const ProxyCluster& key, auto& emit) {
  if (key.cluster.is_server()) return;
  std::set<TargetKey> targets;
  for (const ClusterMember& member : members_of(key.cluster))
    targets.insert({member.ref.kind, member.ref.object});
  for (const TargetKey& target : targets) emit(target);
}

void needs_by_secret(const RouteKey&, const TranslatedRoute& route, auto& emit) {
  if (!route.needs) return;
  std::set<ProxyName> secrets;
  for (const RouteEntry& entry : route.entries) {
    for (const std::string& name : route.needs->secrets)
      secrets.insert({entry.virtual_host.proxy, name});
  }
  for (const ProxyName& secret : secrets) emit(secret);
}

void needs_by_issuer(const FilterNeeds& needs, auto& emit) {
  for (const IssuerKey& issuer : needs.issuers) emit(issuer);
}

void owners_of_policy(const ObjectKey& key, const api::CertificatePolicy& policy, auto& emit) {
  std::set<TargetKey> owners;
  for (const auto& ref : policy.spec.target_refs)
    owners.insert({certificate_owner_kind(ref), {key.name_space, ref.name}});
  for (const TargetKey& owner : owners)
    emit(owner, PolicyOrder{policy.metadata.creation_timestamp.unix_seconds});
}

// By the policy that an annotation names.
void policy_of_annotation(const ObjectKey& key, const api::ObjectMeta& metadata, auto& emit) {
  if (const auto name = annotated_policy(metadata)) emit(ObjectKey{key.name_space, *name});
}

void if_annotated(api::Kind kind, const ObjectKey& key, const api::ObjectMeta& metadata,
                  auto& emit) {
  if (metadata.annotations.contains(api::kAcmeAnnotation)) emit(TargetKey{kind, key});
}

void certificates_of_owner(const OwnedCertificates& owner, auto& emit) {
  std::set<ObjectKey> secrets;
  for (const CertificateUse& use : owner.uses) {
    if (use.verdict.ok) secrets.insert(use.secret);
  }
  for (const ObjectKey& secret : secrets) emit(secret);
}

void targets_of(const PolicyTargets& policy, auto& emit) {
  for (const RouteKey& object : policy.objects()) emit(object, PolicyOrder{policy.created});
}

void listeners_governed(const PolicyListeners& policy, auto& emit) {
  for (const auto& [listener, place] : policy.places)
    emit(listener, PolicyRank{place.level, policy.created});
}

void ports_governed(const PolicyListeners& policy, auto& emit) {
  std::set<PortKey> ports;
  for (const auto& [listener, place] : policy.places)
    ports.insert({listener.proxy.str(), Transport::kTcp, place.port});
  for (const PortKey& port : ports) emit(port);
}

void proxies_with_checks(const ObjectKey& policy, const PolicyListeners& listeners, auto& emit) {
  std::set<ProxyName> names;
  for (const auto& [listener, place] : listeners.places)
    names.insert({listener.proxy, client_checks_name(policy)});
  for (const ProxyName& name : names) emit(name);
}

void candidates_of_kind(api::Kind kind, const RouteKey& key, const Attachments& attachments,
                        auto& emit) {
  if (key.kind != kind) return;
  for (const Attachment& attachment : attachments.parents) {
    for (const AttachedListener& listener : attachment.listeners)
      emit(ProxyName{listener.proxy, listener.listener});
  }
}

void listeners_attached_to(const RouteKey&, const Attachments& attachments, auto& emit) {
  for (const Attachment& attachment : attachments.parents) {
    for (const AttachedListener& listener : attachment.listeners) {
      emit(ProxyName{listener.proxy, listener.listener});
    }
    for (const ProxyName& listener : attachment.idle) emit(listener);
  }
}

}  // namespace limen::translate

// The rules about GatewayClasses, Gateways and their listeners.  Each is pure: what it sees, it
// sees through `reads`; nullptr means "no row".  Called by the pipeline only.
#pragma once

#include "base/result.h"
#include "translate/grants.h"
#include "translate/world.h"

namespace limen::translate {

// GatewayClasses of our controller; others have no row.
std::shared_ptr<const ClassModel> classify(flow::Reads& reads, World& world, const ObjectKey& key);

// A Secret as a certificate: kubernetes.io/tls with a key that fits.
std::shared_ptr<const Certificate> read_certificate(flow::Reads& reads, World& world,
                                                    const ObjectKey& key);

// One certificateRef: adds the SDS name of its Secret, or says what is wrong
// (InvalidCertificateRef, RefNotPermitted).  A broken OCSP response is wrong, and the name is
// added.
Verdict add_certificate(flow::Reads& reads, World& world, const Referrer& from,
                        const api::SecretObjectReference& ref, std::vector<SdsSecret>& secrets);

// The certificate that is shown to backends where `path` of an object says so.  What is wrong is
// told with the path (InvalidClientCertificateRef, RefNotPermitted).
struct ShownCertificate {
  Verdict usable;
  SdsSecret secret;  // iff usable
};
ShownCertificate read_shown_certificate(flow::Reads& reads, World& world, const Referrer& from,
                                        std::string_view path,
                                        const api::SecretObjectReference& ref);

// spec.tls.backend of a Gateway (GEP-3155) over spec.backendTLS of its EnvoyProxy.
ProxyTls read_proxy_tls(flow::Reads& reads, World& world, const api::Gateway& gateway,
                        const GatewayModel& model);
// Of a proxy; no row: nothing is said.
std::shared_ptr<const ProxyTls> tls_of_proxy(flow::Reads& reads, World& world,
                                             const std::string& proxy);

// spec.tls.frontend of a Gateway, and what it comes to for a listener: writes `client_ca`, and
// `resolved_refs` (InvalidCACertificateRef, InvalidCACertificateKind, RefNotPermitted) and
// `accepted` (NoValidCACertificate) where they are good.
std::shared_ptr<const FrontendTls> read_frontend_tls(flow::Reads& reads, World& world,
                                                     const ObjectKey& key);
void check_clients(const std::vector<ClientValidation>& validations, ListenerModel& listener);

// The SDS secret of that name; it belongs to the Gateway.
std::shared_ptr<const xds::Fragment> client_ca_of(flow::Reads& reads, World& world,
                                                  const ObjectKey& gateway,
                                                  std::string_view secret);

// A Gateway of one of our classes: each listener looked at by itself.
std::shared_ptr<const GatewayModel> read_gateway(flow::Reads& reads, World& world,
                                                 const ObjectKey& key);

// Who owns listeners: a Gateway, or a ListenerSet that is to be merged into it.
struct ListenerOwner {
  ObjectKey gateway;
  ObjectKey set;                       // empty: the Gateway itself
  std::vector<std::string> addresses;  // to bind
  std::vector<ClientValidation> clients;
};

// A listener looked at by itself.
ListenerModel read_listener(flow::Reads& reads, World& world, const ListenerOwner& owner,
                            const api::Listener& spec);

// spec.addresses of a Gateway: writes `accepted`, `addressed` and `addresses`.
void choose_addresses(const Options& options, const api::Gateway& gateway, GatewayModel& model);

// What a Gateway's listeners have to bind; empty: none of the addresses that it wants is usable.
std::vector<std::string> bound_addresses(const Options& options, const GatewayModel& model,
                                         const api::Gateway& gateway);

// A ListenerSet whose Gateway is ours: each entry looked at by itself.
std::shared_ptr<const ListenerSetModel> read_listener_set(flow::Reads& reads, World& world,
                                                          const ObjectKey& key);

// All Gateways of a proxy together, with their ListenerSets: conflicts decided, ports formed.
std::shared_ptr<const ProxyModel> form_proxy(flow::Reads& reads, World& world,
                                             const std::string& proxy);

// The databases of where addresses are; nullptr: it has none.
const api::MaxMindDatabases* databases_of(const ProxyModel& proxy);
// How it looks its clients up there; nullptr: not at all.
std::shared_ptr<const GeoLookup> geo_lookup_of(flow::Reads& reads, World& world,
                                               const std::string& proxy);

// The port that is bound for a listener's port: shifted where it is privileged.
int32_t bind_port_of(int32_t port, int32_t first_unprivileged_port);

// Writes `accepted` (PortUnavailable) and `conflicted` of listeners in the order of precedence.
void decide_conflicts(std::vector<ListenerModel>& listeners, int32_t first_unprivileged_port);

// Writes `more_specific` and `overlapping_tls` (GEP-3567) of the ready ones.
void find_overlaps(std::vector<ListenerModel>& listeners);

// A Gateway with the listeners as form_proxy() decided them.
std::shared_ptr<const GatewayModel> settle_gateway(flow::Reads& reads, World& world,
                                                   const ObjectKey& key);

// A ListenerSet with the entries as form_proxy() decided them.
std::shared_ptr<const ListenerSetModel> settle_listener_set(flow::Reads& reads, World& world,
                                                            const ObjectKey& key);

// The processes that a proxy needs.
std::shared_ptr<const infra::ProxyPlan> plan_proxy(flow::Reads& reads, World& world,
                                                   const std::string& proxy);

// The SDS secret of that name: a certificate ("<namespace>/<Secret>"), or the CAs for clients of a
// Gateway ("<namespace>/<Gateway>/...").
std::shared_ptr<const xds::Fragment> share_secret(flow::Reads& reads, World& world,
                                                  const ProxyName& key);

// Whether an EnvoyProxy can be used; the error names the field.
Status check_settings(const api::EnvoyProxySpec& settings);

}  // namespace limen::translate

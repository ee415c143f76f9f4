// A ClientTrafficPolicy with what it refers to.  What is wrong with it closes what it is about: who
// asks for a check, or for a limit, must not get a listener without it.
#include <envoy/config/listener/v3/listener.pb.h>
#include <envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager.pb.h>
#include <envoy/extensions/transport_sockets/tls/v3/tls.pb.h>
#include <fmt/format.h>

#include <set>

#include "features/client_traffic.h"
#include "translate/policy/rules.h"
#include "translate/sds.h"
#include "translate/trust.h"

namespace limen::translate {
namespace {

namespace tls_v3 = envoy::extensions::transport_sockets::tls::v3;

constexpr char kInvalid[] = "Invalid";

// Envoy Gateway's CRD does not ask for the group.
api::ObjectReference object_of(const api::SecretObjectReference& ref) {
  const bool in_cluster = ref.kind == "ClusterTrustBundle" && ref.group.empty();
  return {in_cluster ? "certificates.k8s.io" : ref.group, ref.kind, ref.name, ref.name_space};
}

class ChecksReader {
 public:
  ChecksReader(flow::Reads& reads, World& world, const ObjectKey& policy)
      : reads_(reads), world_(world), policy_(policy) {}

  std::shared_ptr<const ClientChecks> read(const api::ClientValidationContext& validation) {
    const std::string path = "spec.tls.clientValidation.";
    const Trust cas =
        read_all(validation.ca_certificate_refs, TrustPart::kCas, path + "caCertificateRefs");
    features::ClientTrust trust{.cas = cas.pem, .crls = {}, .elsewhere = !cas.sds.empty()};
    if (validation.crl)
      trust.crls = read_all(validation.crl->refs, TrustPart::kRevoked, path + "crl.refs").pem;
    tls_v3::Secret secret;
    secret.set_name(client_checks_name(policy_));
    const Problems more =
        features::write_client_validation(validation, trust, *secret.mutable_validation_context());
    checks_.problems.insert(checks_.problems.end(), more.begin(), more.end());
    if (!checks_.problems.empty()) return std::make_shared<const ClientChecks>(std::move(checks_));
    if (trust.elsewhere && validation.verifies()) {
      checks_.cas = cas.sds;
      checks_.beside_cas = xds::fragment_of(secret.validation_context());
    } else {
      // Where all certificates are good nobody has to vouch for them, and Envoy takes no names
      // without CAs.
      if (trust.elsewhere)
        secret.mutable_validation_context()->clear_match_typed_subject_alt_names();
      checks_.secret = xds::fragment_of(secret);
    }
    return std::make_shared<const ClientChecks>(std::move(checks_));
  }

 private:
  Trust read_all(const std::vector<api::SecretObjectReference>& refs, TrustPart part,
                 const std::string& path) {
    const Referrer from{api::kEnvoyGroup, "ClientTrafficPolicy", policy_.name_space};
    Trust all;
    for (size_t i = 0; i < refs.size(); ++i) {
      const bool was_ok = all.verdict.ok;
      all.add(read_referred(reads_, world_, from, object_of(refs[i]), part));
      if (was_ok && !all.verdict.ok) add(fmt::format("{}[{}]", path, i), all.verdict.message.str());
    }
    return all;
  }

  void add(std::string path, std::string message) {
    checks_.problems.push_back({kInvalid, std::move(path), std::move(message)});
  }

  flow::Reads& reads_;
  World& world_;
  const ObjectKey& policy_;
  ClientChecks checks_;
};

void fail(const Problems& problems, const char* consequence, bool& closes, ClientPolicy& out) {
  if (problems.empty()) return;
  closes = true;
  if (out.accepted.ok)
    out.accepted = Verdict::no(kInvalid, fmt::format("{}: {}; {}", problems.front().path,
                                                     problems.front().message, consequence));
}

void check(const api::ClientTrafficPolicySpec& spec, const ClientChecks* checks,
           ClientPolicy& out) {
  constexpr char kNoConnections[] = "TLS listeners that it governs serve no connection";
  constexpr char kNoRequests[] = "all requests to listeners that it governs are answered with 500";
  if (checks != nullptr) fail(checks->problems, kNoConnections, out.closes_tls, out);
  if (spec.tls) {
    tls_v3::DownstreamTlsContext context;
    fail(features::write_client_tls(*spec.tls, context), kNoConnections, out.closes_tls, out);
  }
  features::HttpConnectionManager manager;
  fail(features::write_client_http(spec, manager), kNoRequests, out.closes_requests, out);
  envoy::config::listener::v3::Listener listener;
  fail(features::write_client_socket(spec, listener), kNoRequests, out.closes_requests, out);
}

bool takes(Protocol protocol) { return protocol != Protocol::kUdp && protocol != Protocol::kOther; }

}  // namespace

std::shared_ptr<const ClientChecks> read_client_checks(flow::Reads& reads, World& world,
                                                       const ObjectKey& key) {
  const api::ClientTrafficPolicy* policy = world.client_traffic_policies.get(reads, key);
  if (policy == nullptr || !policy->spec.tls || !policy->spec.tls->client_validation)
    return nullptr;
  return ChecksReader(reads, world, key).read(*policy->spec.tls->client_validation);
}

std::shared_ptr<const ClientPolicy> read_client_policy(flow::Reads& reads, World& world,
                                                       const ObjectKey& key) {
  const auto policy = world.client_traffic_policies.share(reads, key);
  if (policy == nullptr) return nullptr;
  auto result = std::make_shared<ClientPolicy>();
  result->spec = std::shared_ptr<const api::ClientTrafficPolicySpec>(policy, &policy->spec);
  const ClientChecks* checks = world.client_checks.get(reads, key);
  check(policy->spec, checks, *result);
  if (checks != nullptr) {
    result->cas = checks->cas;
    result->beside_cas = checks->beside_cas;
  }
  if (policy->is_stand_in) {
    result->closes_tls = result->closes_requests = true;
    result->accepted = Verdict::no(
        kInvalid,
        "spec: it cannot be read: the log, and `limen validate`, say where and why; listeners that "
        "it governs serve nothing");
  }
  return result;
}

std::shared_ptr<const PolicyTargets> targets_of_client_policy(flow::Reads& reads, World& world,
                                                              const ObjectKey& key) {
  const api::ClientTrafficPolicy* policy = world.client_traffic_policies.get(reads, key);
  if (policy == nullptr) return nullptr;
  return find_targets(reads, world, "ClientTrafficPolicy", policy->metadata, policy->spec);
}

std::shared_ptr<const PolicyListeners> listeners_of_client_policy(flow::Reads& reads, World& world,
                                                                  const ObjectKey& key) {
  const PolicyTargets* targets = world.client_targets.get(reads, key);
  return targets == nullptr ? nullptr : find_listeners(reads, world, *targets, takes);
}

std::shared_ptr<const SecretUse> cas_of_clients(flow::Reads& reads, World& world,
                                                const ObjectKey& policy) {
  const ClientChecks* checks = world.client_checks.get(reads, policy);
  const PolicyListeners* listeners = world.client_listeners.get(reads, policy);
  if (checks == nullptr || listeners == nullptr || checks->cas.empty()) return nullptr;
  std::set<Text> proxies;
  for (const auto& [listener, place] : listeners->places) proxies.insert(listener.proxy);
  return std::make_shared<const SecretUse>(
      SecretUse{{checks->cas}, {proxies.begin(), proxies.end()}});
}

std::shared_ptr<const xds::Fragment> share_client_checks(flow::Reads& reads, World& world,
                                                         const ProxyName& key) {
  for (const auto& [policy, listeners] : world.users_of_client_checks.get(reads, key)) {
    const ClientChecks* checks = world.client_checks.get(reads, policy);
    return checks == nullptr ? nullptr : checks->secret;
  }
  return nullptr;
}

}  // namespace limen::translate

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "translate/certificate/rules.h"

namespace limen::translate {
namespace {

constexpr int32_t kHttpPort = 80;

class Finder {
 public:
  // `listeners`: the owner's as decided; `proxy`: which serves them.
  Finder(flow::Reads& reads, World& world, const CertificateOwner& owner,
         const std::vector<ListenerModel>& listeners, const ProxyModel& proxy)
      : reads_(reads), world_(world), owner_(owner), listeners_(listeners), proxy_(proxy) {}

  void add(const api::Listener& listener, std::vector<CertificateUse>& uses) {
    if (!listener.tls || listener.tls->mode == api::TlsMode::kPassthrough) return;
    const auto governor = governor_of(reads_, world_, owner_, listener.name);
    if (!governor) return;
    for (const api::SecretObjectReference& ref : listener.tls->certificate_refs) {
      CertificateUse use;
      use.secret = {ref.name_space.value_or(name_space().str()), ref.name};
      use.hostname = listener.hostname.value_or("");
      use.section = listener.name;
      use.policy = governor->policy;
      use.verdict = judge(listener, ref, use);
      if (use.verdict.ok) choose_issuers(*governor, use);
      uses.push_back(std::move(use));
    }
  }

 private:
  Verdict judge(const api::Listener& listener, const api::SecretObjectReference& ref,
                const CertificateUse& use) {
    const auto no = [&](const char* reason, const std::string& what) {
      return Verdict::no(reason, fmt::format("listener {}: {}", listener.name, what));
    };
    if (!world_.options.acme)
      return no("Disabled", "certificates are obtained by `limen server --acme` only");
    const auto it = std::find_if(listeners_.begin(), listeners_.end(),
                                 [&](const auto& each) { return each.name == listener.name; });
    if (it == listeners_.end() || !it->accepted.ok || !it->conflicted.ok)
      return no("ListenerNotAccepted", "it is not accepted");
    if (use.hostname.empty())
      return no("NoHostname", "it has no hostname, and a certificate is for names");
    if (!ref.group.empty() || ref.kind != "Secret" || use.secret.name_space != name_space()) {
      return no("InvalidCertificateRef",
                fmt::format("only a Secret of namespace {} can be kept here", name_space()));
    }
    const api::Secret* secret = world_.secret_objects.get(reads_, use.secret);
    if (secret == nullptr) return {};
    const auto label = secret->metadata.labels.find(api::kCertificateLabel);
    if (label != secret->metadata.labels.end() && label->second == api::kCertificateOfAcme)
      return {};
    return no("NotOurs", fmt::format("Secret {} exists and is not kept by Limen: it is left alone",
                                     use.secret.text()));
  }

  void choose_issuers(const CertificateGovernor& governor, CertificateUse& use) {
    if (governor.well_known) {
      use.issuers = {*governor.well_known};
    } else {
      const IssuersModel* policy = world_.certificate_issuers.get(reads_, *governor.policy);
      if (policy == nullptr) {
        use.verdict = Verdict::no("NotFound", fmt::format("CertificatePolicy {} does not exist",
                                                          governor.policy->text()));
        return;
      }
      use.verdict = policy->resolved_refs;
      use.issuers = policy->issuers;
    }
    for (acme::Issuer& issuer : use.issuers) {
      if (issuer.challenges.empty()) issuer.challenges = default_challenges();
      if (use.hostname.starts_with("*.")) keep_dns(use, issuer);
    }
    if (!use.verdict.ok) use.issuers.clear();
  }

  // RFC 8555, 7.1.4: CAs show wildcards to nobody but who writes to their zone.
  static void keep_dns(CertificateUse& use, acme::Issuer& issuer) {
    std::erase_if(issuer.challenges,
                  [](acme::ChallengeType type) { return type != acme::ChallengeType::kDns01; });
    if (!issuer.challenges.empty() || !use.verdict.ok) return;
    use.verdict = Verdict::no(
        "InvalidHostname",
        fmt::format("listener {}: a certificate for {} needs the challenge DNS-01 at each issuer",
                    use.section, use.hostname));
  }

  std::vector<acme::ChallengeType> default_challenges() const {
    const auto plain = [](const ListenerModel& it) { return it.protocol == Protocol::kHttp; };
    const auto& all = proxy_.listeners;
    const bool has_http = std::any_of(all.begin(), all.end(), plain);
    const bool on_80 = std::any_of(all.begin(), all.end(), [&](const ListenerModel& it) {
      return plain(it) && it.port == kHttpPort;
    });
    using enum acme::ChallengeType;
    if (on_80) return {kHttp01, kTlsAlpn01};
    if (has_http) return {kTlsAlpn01, kHttp01};
    return {kTlsAlpn01};
  }

  const Text& name_space() const { return owner_.metadata.name_space; }

  flow::Reads& reads_;
  World& world_;
  const CertificateOwner& owner_;
  const std::vector<ListenerModel>& listeners_;
  const ProxyModel& proxy_;
};

// Of objects with spec.listeners.
template <class Object>
std::shared_ptr<const OwnedCertificates> find(flow::Reads& reads, World& world, api::Kind kind,
                                              const Object& object, const std::string& proxy,
                                              const std::vector<ListenerModel>& listeners) {
  const ProxyModel* model = world.proxies.get(reads, proxy);
  if (model == nullptr) return nullptr;
  auto result = std::make_shared<OwnedCertificates>();
  result->proxy = proxy;
  const CertificateOwner owner{kind, object.metadata};
  Finder finder(reads, world, owner, listeners, *model);
  for (const api::Listener& listener : object.spec.listeners) finder.add(listener, result->uses);
  return result->uses.empty() ? nullptr : result;
}

}  // namespace

std::shared_ptr<const OwnedCertificates> find_certificates(flow::Reads& reads, World& world,
                                                           const TargetKey& owner) {
  if (owner.kind == api::Kind::kListenerSet) {
    const ListenerSetModel* model = world.sets.get(reads, owner.object);
    const api::ListenerSet* set = world.listener_sets.get(reads, owner.object);
    if (model == nullptr || set == nullptr || !model->attached.ok) return nullptr;
    return find(reads, world, owner.kind, *set, model->proxy, model->listeners);
  }
  const GatewayModel* model = world.gateways.get(reads, owner.object);
  const api::Gateway* gateway = world.gateway_objects.get(reads, owner.object);
  if (model == nullptr || gateway == nullptr || !model->accepted.ok) return nullptr;
  return find(reads, world, owner.kind, *gateway, model->proxy, model->listeners);
}

std::shared_ptr<const WantedCertificate> want_certificate(flow::Reads& reads, World& world,
                                                          const ObjectKey& secret) {
  auto result = std::make_shared<WantedCertificate>();
  std::set<std::string> names, proxies;
  for (const auto& [owner, certificates] : world.uses_of_certificate.get(reads, secret)) {
    for (const CertificateUse& use : certificates.uses) {
      if (!use.verdict.ok || use.secret != secret) continue;
      names.insert(use.hostname);
      proxies.insert(certificates.proxy);
      if (result->wanted.issuers.empty()) result->wanted.issuers = use.issuers;
    }
  }
  if (names.empty()) return nullptr;
  result->wanted.names = {names.begin(), names.end()};
  result->proxies = {proxies.begin(), proxies.end()};
  return result;
}

}  // namespace limen::translate

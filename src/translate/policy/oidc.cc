#include "translate/policy/oidc.h"

#include <envoy/extensions/transport_sockets/tls/v3/tls.pb.h>
#include <fmt/format.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "base/hash.h"
#include "translate/backend/resolve.h"
#include "translate/policy/rules.h"
#include "translate/sds.h"
#include "translate/trust.h"

namespace limen::translate {
namespace {

namespace tls_v3 = envoy::extensions::transport_sockets::tls::v3;

constexpr char kClientId[] = "client-id", kClientSecret[] = "client-secret";
constexpr char kPolicy[] = "securitypolicy/";
// Envoy Gateway's names.
constexpr char kClientSecrets[] = "oauth2/client_secret/", kCookieKeys[] = "oauth2/hmac_secret/";

// What tells apart the cookies of policies.  A merged one has those of the policy that says who
// logs users in.
Text identity_of(flow::Reads& reads, World& world, const ObjectKey& key, const PolicyText& text) {
  const api::SecurityPolicy* policy = text.policy;
  if (text.merged != nullptr && !text.merged->own.contains("oidc"))
    policy = world.security_policies.get(reads, text.merged->parent);
  if (policy == nullptr) return key.text();
  return policy->metadata.uid.empty() ? Text(policy->metadata.key().text()) : policy->metadata.uid;
}

// As Envoy Gateway's.
std::string suffix_of(std::string_view identity) { return fmt::format("{:08x}", fnv1a(identity)); }

// A key of its own for each policy, provider and client: with one for all, who may log in by one
// policy could rename the cookies to pass another on the same host.
std::string derive_key(const std::string& key, std::string_view identity, const std::string& issuer,
                       const std::string& client) {
  const std::string label = fmt::format("{}\n{}\n{}", identity, issuer, client);
  std::string result(EVP_MAX_MD_SIZE, '\0');
  unsigned int size = 0;
  HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()),
       reinterpret_cast<const unsigned char*>(label.data()), label.size(),
       reinterpret_cast<unsigned char*>(result.data()), &size);
  result.resize(size);
  return result;
}

class Reader {
 public:
  Reader(flow::Reads& reads, World& world, const ObjectKey& key, const PolicyText& text)
      : reads_(reads),
        world_(world),
        key_(key),
        text_(text),
        identity_(identity_of(reads, world, key, text)),
        oidc_(*text.policy->spec.oidc) {
    if (text.policy->spec.jwt) parts_.jwt = &*text.policy->spec.jwt;
  }

  OidcReading read() {
    read_client();
    find_service();
    read_endpoints();
    if (result_.problems.empty()) read_token_service();
    if (result_.problems.empty()) read_cookie_key();
    if (result_.problems.empty())
      result_.problems = features::write_oidc(oidc_, parts_, result_.filter);
    if (!result_.problems.empty()) result_.login.secrets.clear();
    return std::move(result_);
  }

 private:
  void fail(const std::string& path, const std::string& message, const char* reason = "Invalid") {
    result_.problems.push_back({reason, "spec.oidc" + path, message});
  }

  void read_client() {
    parts_.client_id = oidc_.client_id_ref
                           ? read_value(*oidc_.client_id_ref, ".clientIDRef", kClientId)
                           : oidc_.client_id.value_or("");
    parts_.client_secret = kClientSecrets + (kPolicy + key_.text());
    const std::string secret = read_value(oidc_.client_secret, ".clientSecret", kClientSecret);
    result_.login.secrets[parts_.client_secret] = generic_secret(parts_.client_secret, secret);
  }

  // "": told.
  std::string read_value(const api::SecretObjectReference& ref, const std::string& path,
                         const char* name) {
    SecretValue value = read_line(
        reads_, world_, {api::kEnvoyGroup, "SecurityPolicy", text_.name_space_of("oidc" + path)},
        ref, name);
    if (!value.mistake.empty()) fail(path, value.mistake);
    return std::move(value.text);
  }

  void read_endpoints() {
    const api::OidcProvider& provider = oidc_.provider;
    parts_.end_session_endpoint = provider.end_session_endpoint.value_or("");
    if (!provider.authorization_endpoint || !provider.token_endpoint) look_up();
    if (provider.authorization_endpoint)
      parts_.authorization_endpoint = *provider.authorization_endpoint;
    if (provider.token_endpoint) parts_.token_endpoint = *provider.token_endpoint;
    if (!result_.problems.empty()) return;
    check_endpoint(parts_.authorization_endpoint, ".provider.authorizationEndpoint");
    check_endpoint(parts_.token_endpoint, ".provider.tokenEndpoint");
    if (!parts_.end_session_endpoint.empty())
      check_endpoint(parts_.end_session_endpoint, ".provider.endSessionEndpoint");
  }

  void check_endpoint(const std::string& url, const std::string& path) {
    if (!parse_url(url)) fail(path, "is no URL of http or https");
  }

  // What tokens are asked of, where backends are named.
  void find_service() {
    if (oidc_.provider.backend_refs.empty()) return;
    const Referrer from{api::kEnvoyGroup, "SecurityPolicy",
                        text_.name_space_of("oidc.provider.backendRefs")};
    const ResolvedService service = resolve_service(reads_, world_, from, oidc_.provider, false);
    if (!service.backend.verdict.ok)
      return fail(".provider" + service.field, service.backend.verdict.message.str());
    service_ = service.backend.cluster;
  }

  // What its server is trusted by does not hang on shares and settings.
  static ClusterRef trusted(const ClusterRef& service) {
    std::vector members = members_of(service);
    for (ClusterMember& member : members) {
      member.weight = 1;
      member.ref.settings = {};
    }
    return join(members);
  }

  void look_up() {
    IssuerKey key{oidc_.provider.issuer};
    if (service_ && takes_tls_somewhere(reads_, world_, *service_)) {
      key.backend = trusted(*service_);
      const TrustReading trust = read_issuer_trust(reads_, world_, key);
      if (!trust.trust) return fail(".provider.backendRefs", trust.mistake);
    }
    result_.login.issuer = key;
    const OidcIssuer* known = world_.oidc_issuers.get(reads_, name_of(key));
    if (known == nullptr)
      return fail(".provider.issuer",
                  "its endpoints are not known yet: `limen run` and `limen server` ask it for them",
                  "Pending");
    if (!known->endpoints) return fail(".provider.issuer", known->message);
    parts_.authorization_endpoint = known->endpoints->authorization;
    parts_.token_endpoint = known->endpoints->token;
    if (parts_.end_session_endpoint.empty())
      parts_.end_session_endpoint = known->endpoints->end_session;
  }

  void read_token_service() {
    if (!service_) {
      const ResolvedService server = with_settings(
          {resolve_server(world_, *parse_url(parts_.token_endpoint)), ".tokenEndpoint", {}},
          oidc_.provider);
      if (!server.backend.verdict.ok)
        return fail(".provider" + server.field, server.backend.verdict.message.str());
      service_ = server.backend.cluster;
    }
    parts_.cluster = service_->text();
    result_.clusters.push_back(*service_);
  }

  void read_cookie_key() {
    const std::string* key = world_.cookie_keys.get(reads_, "");
    if (key == nullptr) return fail("", "Limen has no key for cookies yet", "Pending");
    parts_.cookie_suffix = suffix_of(identity_);
    parts_.cookie_key = kCookieKeys + (kPolicy + key_.text());
    result_.login.secrets[parts_.cookie_key] = generic_secret(
        parts_.cookie_key, derive_key(*key, identity_, oidc_.provider.issuer, parts_.client_id));
  }

  flow::Reads& reads_;
  World& world_;
  const ObjectKey& key_;
  const PolicyText& text_;
  const Text identity_;
  const api::Oidc& oidc_;
  std::optional<ClusterRef> service_;
  features::OidcParts parts_;
  OidcReading result_;
};

}  // namespace

std::vector<std::string> secrets_of_login(std::string_view first) {
  if (!first.starts_with(kClientSecrets)) return {};
  const std::string_view policy = first.substr(sizeof(kClientSecrets) - 1);
  return {std::string(first), fmt::format("{}{}", kCookieKeys, policy)};
}

bool Login::operator==(const Login& other) const {
  return issuer == other.issuer &&
         std::equal(secrets.begin(), secrets.end(), other.secrets.begin(), other.secrets.end(),
                    [](const auto& a, const auto& b) {
                      return a.first == b.first && *a.second == *b.second;
                    });
}

void FilterNeeds::add(const Login& login) {
  for (const auto& [name, secret] : login.secrets) secrets.insert(name);
  if (!login.issuer.issuer.empty()) issuers.insert(login.issuer);
}

IssuerName name_of(const IssuerKey& key) {
  return {key.issuer.str(), key.backend == ClusterRef() ? std::string() : key.backend.text()};
}

TrustReading read_issuer_trust(flow::Reads& reads, World& world, const IssuerKey& key) {
  if (key.backend == ClusterRef()) return {IssuerTrust(), {}};
  IssuerTrust all{{}, false};
  bool by_system = false;
  for (const ClusterMember& member : members_of(key.backend)) {
    const BackendTls* tls = tls_of(reads, world, member.ref);
    if (tls == nullptr) continue;
    const std::string label = member.ref.object.text();
    if (tls->context == nullptr)
      return {std::nullopt, label + ": no CA is known by which its certificate could be checked"};
    tls_v3::UpstreamTlsContext context;
    context.ParseFromString(xds::serialise(*tls->context));
    const auto& common = context.common_tls_context();
    if (common.has_combined_validation_context())
      return {std::nullopt, label +
                                ": its CAs are another SDS server's, which Limen does not see: set "
                                "authorizationEndpoint and tokenEndpoint"};
    if (!common.has_validation_context()) continue;  // nobody checks it
    all.verify = true;
    by_system |= common.validation_context().trusted_ca().has_filename();
    all.authorities += common.validation_context().trusted_ca().inline_bytes();
  }
  if (by_system && !all.authorities.empty())
    return {
        std::nullopt,
        "some of its backends' certificates are checked by the system's CAs and some by others: "
        "set authorizationEndpoint and tokenEndpoint"};
  return {std::move(all), {}};
}

std::shared_ptr<const IssuerTrust> trust_issuer(flow::Reads& reads, World& world,
                                                const IssuerKey& key) {
  const TrustReading reading = read_issuer_trust(reads, world, key);
  return reading.trust ? std::make_shared<const IssuerTrust>(*reading.trust) : nullptr;
}

OidcReading read_oidc(flow::Reads& reads, World& world, const ObjectKey& key,
                      const PolicyText& text) {
  return Reader(reads, world, key, text).read();
}

std::shared_ptr<const xds::Fragment> share_login_secret(flow::Reads& reads, World& world,
                                                        const ProxyName& key) {
  std::string_view rest = key.name;
  const size_t begin = rest.find(kPolicy);
  if (begin == std::string_view::npos) return nullptr;
  rest.remove_prefix(begin + std::string_view(kPolicy).size());
  const size_t slash = rest.find('/');
  const SecurityModel* model =
      security_of(reads, world, {rest.substr(0, slash), rest.substr(slash + 1)});
  if (model == nullptr || !model->login) return nullptr;
  const auto& secrets = model->login->secrets;
  const auto secret = secrets.find(std::string_view(key.name));
  return secret == secrets.end() ? nullptr : secret->second;
}

}  // namespace limen::translate

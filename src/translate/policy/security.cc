// A SecurityPolicy as filters.  Whatever is wrong with it, in its own fields or in what it refers
// to, closes what it targets: who asks for a check must not get open routes.
#include <envoy/config/route/v3/route_components.pb.h>
#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "base/utf8.h"
#include "features/geo.h"
#include "features/security.h"
#include "schema/effect.h"
#include "translate/backend/resolve.h"
#include "translate/policy/merge.h"
#include "translate/policy/oidc.h"
#include "translate/policy/rules.h"
#include "translate/trust.h"

namespace limen::translate {
namespace {

constexpr char kUsers[] = ".htpasswd";
constexpr char kInvalid[] = "Invalid", kPending[] = "Pending";

bool has_line_break(const std::string& text) {
  return text.find_first_of("\r\n") != std::string::npos;
}

class Reader {
 public:
  Reader(flow::Reads& reads, World& world, const ObjectKey& key, const PolicyText& text)
      : reads_(reads), world_(world), key_(key), text_(text), spec_(text.policy->spec) {}

  std::shared_ptr<const SecurityModel> read() {
    const api::SecurityPolicy& policy = *text_.policy;
    if (text_.merged != nullptr) check_merger(*text_.merged);
    const auto& table = api::info(api::Kind::kSecurityPolicy).schema();
    if (const auto path = schema::first_without_effect(table, &policy))
      fail(*path, "this version of Limen does nothing with it");
    if (policy.is_stand_in)
      fail("spec", "it cannot be read: the log, and `limen validate`, say where and why");
    read_features();
    if (spec_.oidc) read_logins();
    envoy::config::route::v3::Route route;
    auto& filters = *route.mutable_typed_per_filter_config();
    result_.policy = key_;
    if (closed_)
      features::write_closed(filters);
    else
      filters = std::move(filters_);
    result_.asks_tokens &= !closed_;
    if (result_.reroutes) features::await_rerouting(filters);
    features::switch_off_others(filters);
    features::switch_off_listener_cors(filters);
    result_.filters = xds::fragment_of(route);
    return std::make_shared<const SecurityModel>(std::move(result_));
  }

 private:
  void read_features() {
    if (spec_.cors) features::write_cors(*spec_.cors, filters_);
    if (spec_.csrf) features::write_csrf(*spec_.csrf, filters_);
    if (spec_.api_key_auth) read_api_keys(*spec_.api_key_auth);
    if (spec_.basic_auth) read_users(*spec_.basic_auth);
    if (spec_.ext_auth) read_ext_auth(*spec_.ext_auth);
    auto& jwts = text_.merged == nullptr ? world_.jwts : world_.merged_jwts;
    const PolicyJwt* jwt = jwts.get(reads_, key_);
    if (jwt != nullptr) read_tokens(*jwt);
    if (!spec_.authorization) return;
    result_.asked_facts = features::facts_asked(*spec_.authorization);
    fail_first(features::write_authorization(*spec_.authorization, "securitypolicy/" + key_.text(),
                                             spec_.jwt ? &*spec_.jwt : nullptr, filters_));
  }

  void read_tokens(const PolicyJwt& jwt) {
    fail_first(jwt.problems);
    result_.asks_tokens = true;
    result_.reroutes |= jwt.reroutes;
    result_.clusters.insert(result_.clusters.end(), jwt.clusters.begin(), jwt.clusters.end());
  }

  void fail(const std::string& path, const std::string& message, Text reason = kInvalid) {
    closed_ = true;
    report(path, message, "; all requests are answered with 500", std::move(reason));
  }

  void report(const std::string& path, const std::string& message, const char* consequence,
              Text reason = kInvalid) {
    if (result_.accepted.ok)
      result_.accepted = Verdict::no(std::move(reason), path + ": " + message + consequence);
  }

  // What is wrong with the parent is wrong, whether or not the child replaces it.
  void check_merger(const MergedPolicy& merged) {
    const SecurityModel* parent = world_.security.get(reads_, merged.parent);
    if (parent == nullptr || !parent->accepted.ok)
      fail("spec.mergeType",
           fmt::format("SecurityPolicy {}, which it is merged over, is invalid",
                       merged.parent.text()),
           parent == nullptr ? Text(kInvalid) : parent->accepted.reason);
    fail_first(merged.problems);
  }

  void fail_first(const Problems& problems) {
    if (problems.empty()) return;
    const Problem& first = problems[0];
    fail(first.path, first.message, first.reason == kPending ? kPending : kInvalid);
  }

  // nullptr: told.
  const api::Secret* secret_of(const api::SecretObjectReference& ref, const Text& name_space,
                               const std::string& path) {
    const Referrer from{api::kEnvoyGroup, "SecurityPolicy", name_space};
    const FoundSecret found = find_secret(reads_, world_, from, ref);
    if (found.secret == nullptr) fail(path, found.mistake);
    return found.secret;
  }

  void read_api_keys(const api::ApiKeyAuth& auth) {
    std::vector<features::ClientKey> keys;
    std::set<std::string> clients, seen;
    for (size_t i = 0; i < auth.credential_refs.size(); ++i) {
      const std::string path = fmt::format("spec.apiKeyAuth.credentialRefs[{}]", i);
      const api::Secret* secret = secret_of(auth.credential_refs[i],
                                            text_.name_space_of("apiKeyAuth.credentialRefs"), path);
      if (secret == nullptr) return;
      for (const std::string& client : names_in(*secret)) {
        if (!clients.insert(client).second) continue;  // the first counts
        const std::optional<std::string> key = value_of(*secret, client);
        if (!key || key->empty() || has_line_break(*key) || !is_utf8(*key))
          return fail(path, fmt::format("the key of client {} is empty, no text, not base64 or has "
                                        "a line break",
                                        client));
        if (!seen.insert(*key).second)
          return fail(path, fmt::format("the key of client {} is another client's, too", client));
        keys.push_back({client, *key});
      }
    }
    if (keys.empty()) return fail("spec.apiKeyAuth.credentialRefs", "there is no client in them");
    features::write_api_key_auth(auth, keys, filters_);
  }

  static std::set<std::string> names_in(const api::Secret& secret) {
    std::set<std::string> names;
    for (const auto& [name, value] : secret.data) names.insert(name);
    for (const auto& [name, value] : secret.string_data) names.insert(name);
    return names;
  }

  void read_users(const api::BasicAuth& auth) {
    const std::string path = "spec.basicAuth.users";
    const api::Secret* secret = secret_of(auth.users, text_.name_space_of("basicAuth.users"), path);
    if (secret == nullptr) return;
    const std::optional<std::string> text = value_of(*secret, kUsers);
    if (!text) return fail(path, fmt::format("the Secret has no readable {}", kUsers));
    const features::Htpasswd users = features::read_htpasswd(*text);
    if (!users.mistake.empty()) return fail(path, fmt::format("{} {}", kUsers, users.mistake));
    features::write_basic_auth(auth, users.lines, filters_);
  }

  void read_logins() {
    OidcReading reading = read_oidc(reads_, world_, key_, text_);
    fail_first(reading.problems);
    for (auto& [name, entry] : reading.filter) filters_[name] = std::move(entry);
    result_.clusters.insert(result_.clusters.end(), reading.clusters.begin(),
                            reading.clusters.end());
    if (closed_) reading.login.secrets.clear();
    result_.login = std::move(reading.login);
  }

  void read_ext_auth(const api::ExtAuth& auth) {
    const std::string path = auth.grpc ? "spec.extAuth.grpc" : "spec.extAuth.http";
    const api::BackendCluster none;
    const api::BackendCluster* service = &none;
    if (auth.grpc) service = &*auth.grpc;
    if (auth.http) service = &*auth.http;
    const Referrer referrer{
        api::kEnvoyGroup, "SecurityPolicy",
        text_.name_space_of(
            (auth.grpc ? "extAuth.grpc" : "extAuth.http") +
            std::string(service->backend_refs.empty() ? ".backendRef" : ".backendRefs"))};
    auto [backend, field, name] =
        resolve_service(reads_, world_, referrer, *service, auth.grpc.has_value());
    if (backend.verdict.ok) backend.verdict = check_server_name(reads_, world_, backend.cluster);
    if (!backend.verdict.ok) {
      // A service that is not there is one that fails; how it is to be called is a mistake or none.
      const bool is_there =
          backend.verdict.reason == kInvalidBackendTls || field.starts_with(kBackendSettings);
      if (auth.fail_open && !is_there)
        return report(path + field, backend.verdict.message.str(),
                      "; failOpen lets all requests pass");
      return fail(path + field, backend.verdict.message.str());
    }
    fail_first(features::write_ext_auth(
        auth, {backend.cluster.text(), name, context_of(auth.context_extensions)}, key_.text(),
        filters_));
    result_.reroutes |= auth.recompute_route;
    result_.clusters.push_back(backend.cluster);
  }

  std::vector<std::pair<std::string, std::string>> context_of(
      const std::vector<api::ContextExtension>& extensions) {
    std::vector<std::pair<std::string, std::string>> context;
    for (size_t i = 0; i < extensions.size(); ++i) {
      const api::ContextExtension& extension = extensions[i];
      context.emplace_back(extension.name, extension.value.value_or(""));
      if (extension.type == api::ContextExtensionType::kValueRef && extension.value_ref)
        context.back().second =
            referred(*extension.value_ref,
                     text_.name_space_of("extAuth.contextExtensions." + extension.name),
                     fmt::format("spec.extAuth.contextExtensions[{}].valueRef", i));
    }
    return context;
  }

  // "": told.
  std::string referred(const api::LocalSecretOrConfigMapKey& ref, const Text& name_space,
                       const std::string& path) {
    const ObjectKey key{name_space, ref.name};
    const bool is_secret = ref.group.empty() && ref.kind == "Secret";
    if (!is_secret && (!ref.group.empty() || ref.kind != "ConfigMap")) {
      fail(path, fmt::format("must name a ConfigMap or Secret, not a {} of group '{}'", ref.kind,
                             ref.group));
      return {};
    }
    const api::Secret* secret = is_secret ? world_.secret_objects.get(reads_, key) : nullptr;
    const api::ConfigMap* map = is_secret ? nullptr : world_.config_maps.get(reads_, key);
    const std::optional<std::string> value = secret != nullptr ? value_of(*secret, ref.key)
                                             : map != nullptr  ? value_of(*map, ref.key)
                                                               : std::nullopt;
    if (secret == nullptr && map == nullptr)
      fail(path, fmt::format("{} {} does not exist", ref.kind, key.text()));
    else if (!value || !is_utf8(*value))
      fail(path, fmt::format("{} {} has no readable {}", ref.kind, key.text(), ref.key));
    return value.value_or("");
  }

  flow::Reads& reads_;
  World& world_;
  const ObjectKey& key_;
  const PolicyText& text_;
  const api::SecurityPolicySpec& spec_;
  features::FilterConfigs filters_;
  SecurityModel result_;
  bool closed_ = false;
};

}  // namespace

std::shared_ptr<const SecurityModel> read_security(flow::Reads& reads, World& world,
                                                   const ObjectKey& key) {
  const PolicyText text = find_policy(reads, world, key);
  return text.policy == nullptr ? nullptr : Reader(reads, world, key, text).read();
}

}  // namespace limen::translate

// SecurityPolicy.spec.jwt with what it refers to.
#include <envoy/extensions/filters/http/jwt_authn/v3/config.pb.h>
#include <fmt/format.h>

#include <algorithm>

#include "features/jwt.h"
#include "translate/backend/resolve.h"
#include "translate/policy/merge.h"
#include "translate/policy/rules.h"
#include "translate/trust.h"

namespace limen::translate {
namespace {

constexpr char kKeySet[] = "jwks";

// Its value under jwks, else the first.
std::optional<std::string> key_set_of(const api::ConfigMap& map) {
  if (auto value = value_of(map, kKeySet)) return value;
  if (!map.data.empty()) return map.data.begin()->second;
  return map.binary_data.empty() ? std::nullopt : value_of(map, map.binary_data.begin()->first);
}

class Reader {
 public:
  // `name_space`: that of the policy which names the providers.
  Reader(flow::Reads& reads, World& world, const ObjectKey& key, const Text& name_space)
      : reads_(reads), world_(world), key_(key), name_space_(name_space) {}

  std::shared_ptr<const PolicyJwt> read(const api::Jwt& jwt) {
    std::vector<features::JwtKeys> keys;
    for (size_t i = 0; i < jwt.providers.size(); ++i) {
      const std::string path = fmt::format("spec.jwt.providers[{}]", i);
      const api::JwtProvider& provider = jwt.providers[i];
      auto& [cluster, local] = keys.emplace_back();
      if (provider.remote_jwks)
        cluster = cluster_of(*provider.remote_jwks, path + ".remoteJWKS");
      else if (provider.local_jwks)
        local = local_of(*provider.local_jwks, path + ".localJWKS");
      else
        fail(path, "says nothing of keys");
    }
    features::JwtAuthentication filter;
    Problems more = features::write_jwt(jwt, keys, key_.text(), filter);
    for (Problem& problem : more) result_.problems.push_back(std::move(problem));
    result_.filter = xds::fragment_of(filter);
    result_.reroutes = std::any_of(jwt.providers.begin(), jwt.providers.end(),
                                   [](const auto& provider) { return provider.recompute_route; });
    return std::make_shared<const PolicyJwt>(std::move(result_));
  }

 private:
  void fail(const std::string& path, const std::string& message) {
    result_.problems.push_back({"Invalid", path, message});
  }

  // "": told.
  std::string cluster_of(const api::RemoteJwks& remote, const std::string& path) {
    const std::optional<Url> url = parse_url(remote.uri);
    if (!url) {
      fail(path + ".uri", fmt::format("'{}' is no http or https URL", remote.uri));
      return {};
    }
    const bool named = !remote.backend_refs.empty() || remote.backend_ref;
    const Referrer referrer{api::kEnvoyGroup, "SecurityPolicy", name_space_};
    const ResolvedService service =
        named ? resolve_service(reads_, world_, referrer, remote, false)
              : with_settings({resolve_server(world_, *url), ".uri", url->host}, remote);
    if (!service.backend.verdict.ok) {
      fail(path + service.field, service.backend.verdict.message.str());
      return {};
    }
    result_.clusters.push_back(service.backend.cluster);
    return service.backend.cluster.text();
  }

  // "": told.
  std::string local_of(const api::LocalJwks& local, const std::string& path) {
    std::optional<std::string> text = local.inline_text;
    std::string where = path + ".inline";
    if (local.type == api::ValueSource::kValueRef) {
      where = path + ".valueRef";
      text = referred(local, where);
      if (!text) return {};
    }
    const std::string mistake = features::mistake_in_jwks(text.value_or(""));
    if (!mistake.empty()) fail(where, mistake);
    return text.value_or("");
  }

  // nullopt: told.
  std::optional<std::string> referred(const api::LocalJwks& local, const std::string& path) {
    const api::LocalObjectReference ref = local.value_ref.value_or(api::LocalObjectReference{});
    const ObjectKey key{name_space_, ref.name};
    const api::ConfigMap* map = world_.config_maps.get(reads_, key);
    std::optional<std::string> text = map == nullptr ? std::nullopt : key_set_of(*map);
    if (!ref.group.empty() || ref.kind != "ConfigMap")
      fail(path, fmt::format("must name a ConfigMap, not a {} of group '{}'", ref.kind, ref.group));
    else if (map == nullptr)
      fail(path, fmt::format("ConfigMap {} does not exist", key.text()));
    else if (!text)
      fail(path, fmt::format("ConfigMap {} has no readable value", key.text()));
    else
      return text;
    return std::nullopt;
  }

  flow::Reads& reads_;
  World& world_;
  const ObjectKey& key_;
  const Text& name_space_;
  PolicyJwt result_;
};

}  // namespace

std::shared_ptr<const PolicyJwt> read_jwt(flow::Reads& reads, World& world, const ObjectKey& key) {
  const PolicyText text = find_policy(reads, world, key);
  if (text.policy == nullptr || !text.policy->spec.jwt) return nullptr;
  return Reader(reads, world, key, text.name_space_of("jwt.providers"))
      .read(*text.policy->spec.jwt);
}

}  // namespace limen::translate

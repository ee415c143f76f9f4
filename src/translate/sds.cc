#include "translate/sds.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "base/hash.h"
#include "features/sds.h"
#include "translate/backend/closed_paths.h"
#include "translate/policy/rules.h"
#include "translate/trust.h"

namespace limen::translate {
namespace {

constexpr char kUrl[] = "url", kSecretName[] = "secretName", kScheme[] = "unix://";
constexpr size_t kLongestSocketPath = 107;  // sockaddr_un
constexpr size_t kPathInName = 48;

std::string mistake_in(const Options& options, const std::string& socket) {
  if (!socket.starts_with('/'))
    return fmt::format("its {} is no path of a Unix socket (unix:///...)", kUrl);
  if (socket.size() > kLongestSocketPath)
    return fmt::format("its {} is longer than a path of a Unix socket can be ({} bytes)", kUrl,
                       kLongestSocketPath);
  if (is_closed_path(options.closed_folders, socket))
    return fmt::format("its {} may be a socket of Limen's or Envoy's own", kUrl);
  return {};
}

}  // namespace

SdsReading read_sds(const Options& options, const api::Secret& secret) {
  std::string socket = value_of(secret, kUrl).value_or("");
  const std::string name = value_of(secret, kSecretName).value_or("");
  if (socket.empty()) return {{}, fmt::format("it has no readable {}", kUrl)};
  if (name.empty()) return {{}, fmt::format("it has no readable {}", kSecretName)};
  if (socket.starts_with(kScheme)) socket.erase(0, sizeof(kScheme) - 1);
  if (std::string mistake = mistake_in(options, socket); !mistake.empty())
    return {{}, std::move(mistake)};
  return {{name, std::move(socket)}, {}};
}

void write_sds(const SdsSecret& secret,
               envoy::extensions::transport_sockets::tls::v3::SdsSecretConfig& out) {
  namespace core_v3 = envoy::config::core::v3;
  if (secret.is_ours()) return features::write_sds(secret.name, out);
  out.set_name(secret.name);
  out.mutable_sds_config()->set_resource_api_version(core_v3::V3);
  auto& server = *out.mutable_sds_config()->mutable_api_config_source();
  server.set_api_type(core_v3::ApiConfigSource::GRPC);
  server.set_transport_api_version(core_v3::V3);
  server.add_grpc_services()->mutable_envoy_grpc()->set_cluster_name(sds_cluster(secret.socket));
}

namespace {

void add_proxies(flow::Reads& reads, World& world, const TargetKey& target,
                 std::set<Text>& proxies) {
  for (const auto& [cluster, fragment] : world.clusters_of_target.get(reads, target))
    proxies.insert(cluster.proxy);
}

}  // namespace

std::shared_ptr<const SecretUse> secrets_of_policy(flow::Reads& reads, World& world,
                                                   const ObjectKey& key) {
  const BackendTls* tls = world.backend_tls.get(reads, key);
  const api::BackendTlsPolicy* policy = world.backend_tls_policies.get(reads, key);
  if (tls == nullptr || policy == nullptr || tls->cas.empty()) return nullptr;
  std::set<Text> proxies;
  for (const auto& ref : policy->spec.target_refs) {
    if (const auto target = target_of(key.name_space, ref))
      add_proxies(reads, world, *target, proxies);
  }
  return std::make_shared<const SecretUse>(SecretUse{{tls->cas}, {proxies.begin(), proxies.end()}});
}

std::shared_ptr<const SecretUse> secrets_of_backend(flow::Reads& reads, World& world,
                                                    const ObjectKey& key) {
  const BackendTls* tls = world.own_tls.get(reads, key);
  if (tls == nullptr || tls->context == nullptr) return nullptr;
  SecretUse use;
  for (const SdsSecret& secret : {tls->cas, tls->client_certificate}) {
    if (!secret.empty()) use.secrets.push_back(secret);
  }
  if (use.secrets.empty()) return nullptr;
  std::set<Text> proxies;
  add_proxies(reads, world, {api::Kind::kBackend, key}, proxies);
  use.proxies = {proxies.begin(), proxies.end()};
  return std::make_shared<const SecretUse>(std::move(use));
}

std::string sds_cluster(const std::string& socket) {
  std::string path = socket.substr(1, kPathInName);
  std::replace(path.begin(), path.end(), '/', '_');
  return fmt::format("sds_{}_{:08x}", path, fnv1a(socket));
}

FragmentPtr generic_secret(const std::string& name, const std::string& value) {
  envoy::extensions::transport_sockets::tls::v3::Secret secret;
  secret.set_name(name);
  secret.mutable_generic_secret()->mutable_secret()->set_inline_bytes(value);
  return xds::fragment_of(secret);
}

}  // namespace limen::translate

// HTTPRouteFilter.  Translated once, however many routes name it.
#include <envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager.pb.h>

#include "base/url.h"
#include "features/features.h"
#include "schema/effect.h"
#include "translate/backend/resolve.h"
#include "translate/route/rules.h"
#include "translate/sds.h"
#include "translate/trust.h"

namespace limen::translate {
namespace {

constexpr char kCredential[] = "credential", kClientSecret[] = "client-secret";
constexpr char kPath[] = "spec.credentialInjection.credential";

class Reader {
 public:
  Reader(flow::Reads& reads, World& world, const ObjectKey& key)
      : reads_(reads), world_(world), from_{api::kEnvoyGroup, "HTTPRouteFilter", key.name_space} {
    result_.secret_name = kCredentialSecrets + key.text();
  }

  RouteFilterModel read(const api::RouteFilter& filter) {
    const auto& table = api::info(api::Kind::kHttpRouteFilter).schema();
    if (const auto path = schema::first_without_effect(table, &filter))
      fail(*path, "this version of Limen does nothing with it");
    if (!filter.spec.credential_injection)
      fail("spec", "it says nothing");
    else
      read_injection(*filter.spec.credential_injection);
    return std::move(result_);
  }

 private:
  void fail(std::string path, std::string message) {
    result_.problems.push_back({"UnsupportedValue", std::move(path), std::move(message)});
  }

  void read_injection(const api::CredentialInjection& injection) {
    const auto& grant = injection.credential.client_credentials;
    if (grant)
      read_grant(*grant, injection);
    else
      read_secret(*injection.credential.value_ref, ".valueRef", kCredential);
    if (!result_.problems.empty()) return;
    const std::string cluster = result_.clusters.empty() ? "" : result_.clusters.front().text();
    envoy::extensions::filters::network::http_connection_manager::v3::HttpFilter filter;
    features::write_credential(injection, result_.secret_name, cluster, filter);
    result_.filter = xds::fragment_of(filter);
  }

  void read_grant(const api::ClientCredentials& grant, const api::CredentialInjection& injection) {
    constexpr char kField[] = ".clientCredentials";
    if (injection.header != "Authorization")
      fail("spec.credentialInjection.header", "with clientCredentials it must be Authorization");
    read_secret(grant.client_secret, ".clientCredentials.clientSecret", kClientSecret);
    const std::optional<Url> url = parse_url(grant.token_endpoint);
    if (!url) return fail(std::string(kPath) + kField + ".tokenEndpoint", kNoUrl);
    const ResolvedService service =
        grant.backend_refs.empty()
            ? ResolvedService{resolve_server(world_, *url), ".tokenEndpoint", {}}
            : resolve_service(reads_, world_, from_, grant, false);
    if (!service.backend.verdict.ok)
      return fail(std::string(kPath) + kField + service.field,
                  service.backend.verdict.message.str());
    result_.clusters.push_back(service.backend.cluster);
  }

  void read_secret(const api::SecretObjectReference& ref, const char* field, const char* name) {
    const SecretValue value = read_line(reads_, world_, from_, ref, name);
    if (!value.mistake.empty()) return fail(std::string(kPath) + field, value.mistake);
    result_.secret = generic_secret(result_.secret_name, value.text);
  }

  static constexpr char kNoUrl[] = "is no URL of http or https";

  flow::Reads& reads_;
  World& world_;
  const Referrer from_;
  RouteFilterModel result_;
};

}  // namespace

std::shared_ptr<const RouteFilterModel> read_route_filter(flow::Reads& reads, World& world,
                                                          const ObjectKey& key) {
  const api::RouteFilter* filter = world.route_filters.get(reads, key);
  if (filter == nullptr) return nullptr;
  return std::make_shared<const RouteFilterModel>(Reader(reads, world, key).read(*filter));
}

std::shared_ptr<const xds::Fragment> credential_secret(flow::Reads& reads, World& world,
                                                       std::string_view name) {
  const std::string_view object = name.substr(sizeof(kCredentialSecrets) - 1);
  const size_t slash = object.find('/');
  const RouteFilterModel* filter = world.route_filter_models.get(
      reads, {Text(object.substr(0, slash)), Text(object.substr(slash + 1))});
  return filter == nullptr ? nullptr : filter->secret;
}

}  // namespace limen::translate

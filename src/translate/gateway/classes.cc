#include "translate/gateway/rules.h"

#include <absl/strings/numbers.h>
#include <arpa/inet.h>
#include <fmt/format.h>

#include <algorithm>

#include "xds/bootstrap/patch.h"

namespace limen::translate {
namespace {

ClassModel invalid_parameters(std::string message) {
  return {Verdict::no("InvalidParameters", "Invalid parametersRef: " + std::move(message)),
          nullptr,
          {}};
}

}  // namespace

namespace {

bool is_cidr(const std::string& text) {
  const size_t slash = text.find('/');
  in6_addr address{};
  int bits = 0;
  if (slash == std::string::npos || !absl::SimpleAtoi(text.substr(slash + 1), &bits)) return false;
  const std::string host = text.substr(0, slash);
  if (::inet_pton(AF_INET, host.c_str(), &address) == 1) return bits >= 0 && bits <= 32;
  return ::inet_pton(AF_INET6, host.c_str(), &address) == 1 && bits >= 0 && bits <= 128;
}

Status check_service(const api::KubernetesService& service) {
  const auto& ranges = service.load_balancer_source_ranges;
  const auto wrong = std::find_if_not(ranges.begin(), ranges.end(), is_cidr);
  if (wrong == ranges.end()) return {};
  return Error{fmt::format(
      "spec.provider.kubernetes.envoyService.loadBalancerSourceRanges: '{}' is no CIDR", *wrong)};
}

}  // namespace

Status check_settings(const api::EnvoyProxySpec& settings) {
  const auto& provider = settings.provider;
  if (provider && provider->kubernetes && provider->kubernetes->envoy_service) {
    Status checked = check_service(*provider->kubernetes->envoy_service);
    if (!checked) return checked;
  }
  return settings.bootstrap ? xds::check_bootstrap(*settings.bootstrap) : Status();
}

std::shared_ptr<const ClassModel> classify(flow::Reads& reads, World& world, const ObjectKey& key) {
  const api::GatewayClass* object = world.gateway_classes.get(reads, key);
  if (object == nullptr || object->spec.controller_name != world.options.controller_name)
    return nullptr;

  const infra::PlanOwner owner{key, object->metadata.uid};
  const auto& ref = object->spec.parameters_ref;
  if (!ref) return std::make_shared<ClassModel>(ClassModel{{}, nullptr, owner});
  if (ref->group != api::kEnvoyGroup || ref->kind != "EnvoyProxy") {
    return std::make_shared<ClassModel>(
        invalid_parameters(fmt::format("it must name an EnvoyProxy of group {}, not a {} of '{}'",
                                       api::kEnvoyGroup, ref->kind, ref->group)));
  }
  if (!ref->name_space) {
    return std::make_shared<ClassModel>(invalid_parameters("it needs a namespace"));
  }
  const ObjectKey target{*ref->name_space, ref->name};
  auto proxy = world.envoy_proxies.share(reads, target);
  if (proxy == nullptr) {
    return std::make_shared<ClassModel>(
        invalid_parameters(fmt::format("EnvoyProxy {} does not exist", target.text())));
  }
  if (const Status usable = check_settings(proxy->spec); !usable) {
    return std::make_shared<ClassModel>(invalid_parameters(
        fmt::format("EnvoyProxy {}: {}", target.text(), usable.error().message)));
  }
  return std::make_shared<ClassModel>(ClassModel{
      {}, std::shared_ptr<const api::EnvoyProxySpec>(proxy, &proxy->spec), owner, target});
}

}  // namespace limen::translate

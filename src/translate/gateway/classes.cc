#include "translate/gateway/rules.h"

#include <fmt/format.h>

#include "xds/bootstrap/patch.h"

namespace limen::translate {
namespace {

ClassModel invalid_parameters(std::string message) {
  return {Verdict::no("InvalidParameters", "Invalid parametersRef: " + std::move(message)),
          nullptr};
}

}  // namespace

Status check_settings(const api::EnvoyProxySpec& settings) {
  return settings.bootstrap ? xds::check_bootstrap(*settings.bootstrap) : Status();
}

std::shared_ptr<const ClassModel> classify(flow::Reads& reads, World& world, const ObjectKey& key) {
  const api::GatewayClass* object = world.gateway_classes.get(reads, key);
  if (object == nullptr || object->spec.controller_name != world.options.controller_name)
    return nullptr;

  const auto& ref = object->spec.parameters_ref;
  if (!ref) return std::make_shared<ClassModel>();
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
  return std::make_shared<ClassModel>(
      ClassModel{{}, std::shared_ptr<const api::EnvoyProxySpec>(proxy, &proxy->spec)});
}

}  // namespace limen::translate

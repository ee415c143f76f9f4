#include <fmt/format.h>

#include <map>

#include "api/objects.h"
#include "base/yaml.h"
#include "ctl/commands.h"
#include "ctl/offline.h"
#include "xds/resources/resource_json.h"

namespace limen::ctl {
namespace {

const char* group_of(xds::ResourceType type) {
  switch (type) {
    case xds::ResourceType::kCluster: return "clusters";
    case xds::ResourceType::kEndpoints: return "endpoints";
    case xds::ResourceType::kListener: return "listeners";
    case xds::ResourceType::kRouteConfiguration: return "routes";
    case xds::ResourceType::kSecret: return "secrets";
    case xds::ResourceType::kExtensionConfig: return "extensions";
  }
  __builtin_unreachable();
}

// proxy -> type -> resources by name.
Result<Json> xds_view(const translate::Output& output, bool show_secrets) {
  std::map<std::string, std::map<xds::ResourceType, std::map<std::string, const xds::Fragment*>>>
      sorted;
  for (const auto& change : output.resources) {
    if (change.resource != nullptr)
      sorted[change.proxy][change.type][change.name] = change.resource.get();
  }
  Json view{Json::Object{}};
  for (const auto& [proxy, types] : sorted) {
    Json groups{Json::Object{}};
    for (const auto& [type, resources] : types) {
      Json::Array list;
      for (const auto& [name, fragment] : resources) {
        Result<Json> resource = xds::to_json(type, *fragment, show_secrets);
        if (!resource) return with_context(resource.error(), name);
        list.push_back(std::move(*resource));
      }
      groups.set(group_of(type), std::move(list));
    }
    view.set(proxy, std::move(groups));
  }
  return view;
}

std::map<std::pair<api::Kind, api::ObjectKey>, Json> statuses_of(const translate::Output& output) {
  std::map<std::pair<api::Kind, api::ObjectKey>, Json> statuses;
  for (const auto& change : output.statuses) {
    if (change.gone()) continue;
    statuses[{change.kind, change.key}] = translate::emit_status(change.status);
  }
  return statuses;
}

void redact_secret(Json& object) {
  for (const char* name : {"data", "stringData"}) {
    Json* values = object.find(name);
    if (values == nullptr) continue;
    for (auto& [key, value] : values->as_object()) value = Json("[redacted]");
  }
}

std::vector<Json> gateway_api_view(const Offline& offline, bool show_secrets) {
  const auto statuses = statuses_of(offline.output);
  std::vector<Json> view;
  for (const auto& change : offline.objects) {
    Json object = api::emit_object(change.object);
    if (change.kind == api::Kind::kSecret && !show_secrets) redact_secret(object);
    const auto status = statuses.find({change.kind, change.key});
    if (status != statuses.end()) object.set("status", status->second);
    view.push_back(std::move(object));
  }
  return view;
}

}  // namespace

int translate(const TranslateOptions& options) {
  const Offline offline = load_offline(options.paths);
  for (const auto& problem : offline.problems) fmt::print(stderr, "{}\n", text_of(problem));
  if (options.to == "gateway-api") {
    std::vector<Json> view = gateway_api_view(offline, options.show_secrets);
    if (options.output == "json") {
      fmt::print("{}\n", limen::to_json(Json(Json::Array(std::move(view))), 2));
    } else {
      for (const Json& object : view) fmt::print("---\n{}", to_yaml(object));
    }
  } else {
    Result<Json> view = xds_view(offline.output, options.show_secrets);
    if (!view) {
      fmt::print(stderr, "limen: {}\n", view.error().message);
      return kFailed;
    }
    fmt::print("{}", options.output == "json" ? limen::to_json(*view, 2) + "\n" : to_yaml(*view));
  }
  return offline.problems.empty() ? kOk : kInvalid;
}

}  // namespace limen::ctl

// `limen rbac`: the rights that `limen server` needs, and no others, as objects for kubectl.
#include <fmt/format.h>

#include <map>

#include "api/kinds.h"
#include "base/yaml.h"
#include "ctl/commands.h"
#include "infra/authority/authority_secrets.h"
#include "infra/kube/objects.h"
#include "providers/kube/status_writer.h"

namespace limen::ctl {
namespace {

constexpr char kName[] = "limen";
constexpr char kRbac[] = "rbac.authorization.k8s.io";

using Words = std::vector<std::string>;

Json list_of(const Words& words) {
  Json::Array list;
  for (const std::string& word : words) list.emplace_back(word);
  return list;
}

Json rule(std::string_view group, const Words& resources, const Words& verbs) {
  return Json::Object{{"apiGroups", list_of({std::string(group)})},
                      {"resources", list_of(resources)},
                      {"verbs", list_of(verbs)}};
}

// What is read, by group, and the statuses that are written.  A status that is in conflict is read
// again by itself.
Json::Array rules_of_cluster() {
  std::map<std::string_view, Words> read, written, statuses;
  for (const api::KindInfo& kind : api::all_kinds()) {
    const std::string plural(kind.plural);
    read[kind.group].push_back(plural);
    if (!providers::StatusWriter::has_status(kind.kind)) continue;
    written[kind.group].push_back(plural);
    statuses[kind.group].push_back(plural + "/status");
  }
  Json::Array rules;
  for (const auto& [group, plurals] : read)
    rules.push_back(rule(group, plurals, {"list", "watch"}));
  for (const auto& [group, plurals] : written) rules.push_back(rule(group, plurals, {"get"}));
  for (const auto& [group, plurals] : statuses) rules.push_back(rule(group, plurals, {"patch"}));
  return rules;
}

Json only(const Words& names, Json rule) {
  rule.set("resourceNames", list_of(names));
  return rule;
}

// For its certificates, and for the tokens of Envoys in gateway-namespace mode.  Nobody can be kept
// to one name when creating.
void add_xds_access(bool tokens, Json::Array& cluster, Json::Array& local) {
  local.push_back(rule("", {"secrets"}, {"create"}));
  local.push_back(only({infra::kAuthoritySecret, infra::kServerSecret},
                       rule("", {"secrets"}, {"get", "list", "watch", "update"})));
  if (tokens) cluster.push_back(rule("authentication.k8s.io", {"tokenreviews"}, {"create"}));
}

Json object(std::string_view version, std::string_view kind, const std::string& name_space) {
  Json metadata = Json::Object{{"name", kName}};
  if (!name_space.empty()) metadata.set("namespace", name_space);
  return Json::Object{{"apiVersion", version}, {"kind", kind}, {"metadata", std::move(metadata)}};
}

Json role(const std::string& name_space, Json::Array rules) {
  Json role =
      object(fmt::format("{}/v1", kRbac), name_space.empty() ? "ClusterRole" : "Role", name_space);
  role.set("rules", std::move(rules));
  return role;
}

Json binding(const std::string& name_space, const std::string& account_name_space) {
  const std::string kind = name_space.empty() ? "ClusterRole" : "Role";
  Json binding = object(fmt::format("{}/v1", kRbac), kind + "Binding", name_space);
  binding.set("roleRef", Json::Object{{"apiGroup", kRbac}, {"kind", kind}, {"name", kName}});
  binding.set("subjects",
              Json::Array{Json::Object{
                  {"kind", "ServiceAccount"}, {"name", kName}, {"namespace", account_name_space}}});
  return binding;
}

}  // namespace

// What `limen server` makes for each Gateway.
void add_infrastructure(Json::Array& rules) {
  std::map<std::string_view, Words> made;
  for (const infra::ObjectKindInfo& kind : infra::object_kinds())
    made[kind.resource.group].push_back(kind.resource.plural);
  for (const auto& [group, plurals] : made)
    rules.push_back(rule(group, plurals, {"list", "watch", "create", "patch", "delete"}));
}

int rbac(const RbacOptions& options) {
  const std::string& own = options.name_space;
  Json::Array cluster = rules_of_cluster(), local;
  local.push_back(rule("coordination.k8s.io", {"leases"}, {"create"}));
  local.push_back(only({kLeaseName}, rule("coordination.k8s.io", {"leases"}, {"get", "update"})));
  add_xds_access(options.gateway_namespace_mode, cluster, local);
  cluster.push_back(rule("", {"nodes"}, {"list", "watch"}));  // of Services of type NodePort
  add_infrastructure(options.gateway_namespace_mode ? cluster : local);
  const Json objects[] = {object("v1", "ServiceAccount", own), role("", std::move(cluster)),
                          binding("", own), role(own, std::move(local)), binding(own, own)};
  if (options.output == "json") {
    Json list = Json::Object{{"apiVersion", "v1"}, {"kind", "List"}};
    list.set("items", Json::Array(std::begin(objects), std::end(objects)));
    fmt::print("{}\n", to_json(list, 2));
    return kOk;
  }
  fmt::print("# Made by `limen rbac`, version {}.\n", LIMEN_VERSION);
  for (const Json& each : objects) fmt::print("---\n{}", to_yaml(each));
  return kOk;
}

}  // namespace limen::ctl

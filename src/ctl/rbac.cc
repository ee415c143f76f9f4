// `limen rbac`: the rights that `limen server` needs, and no others, as objects for kubectl.
#include <fmt/format.h>

#include <map>

#include "api/kinds.h"
#include "base/yaml.h"
#include "ctl/commands.h"
#include "infra/authority/authority_secrets.h"
#include "infra/authority/cookie_secret.h"
#include "infra/kube/objects.h"
#include "providers/kube/status_writer.h"

namespace limen::ctl {
namespace {

constexpr char kName[] = "limen";
// Of a namespace's Role: Limen's own namespace, which has another Role, may be watched, too.
constexpr char kWatchName[] = "limen-watch";
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

using Chosen = bool (*)(const api::KindInfo&);

bool any(const api::KindInfo&) { return true; }
bool of_namespaces(const api::KindInfo& kind) { return kind.namespaced; }
bool of_cluster(const api::KindInfo& kind) { return !kind.namespaced; }

// What is read, by group, and the statuses that are written.  A status that is in conflict is read
// again by itself.
Json::Array rules_for(Chosen chosen) {
  std::map<std::string_view, Words> read, written, statuses;
  for (const api::KindInfo& kind : api::all_kinds()) {
    if (!chosen(kind)) continue;
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

// For its certificates, the key of cookies, and for the tokens of Envoys in gateway-namespace mode.
// Nobody can be kept to one name when creating.
void add_xds_access(bool tokens, Json::Array& cluster, Json::Array& local) {
  local.push_back(rule("", {"secrets"}, {"create"}));
  local.push_back(only({infra::kAuthoritySecret, infra::kServerSecret},
                       rule("", {"secrets"}, {"get", "list", "watch", "update"})));
  local.push_back(only({infra::kCookieSecret}, rule("", {"secrets"}, {"list", "watch"})));
  if (tokens) cluster.push_back(rule("authentication.k8s.io", {"tokenreviews"}, {"create"}));
}

Json object(std::string_view version, std::string_view kind, const std::string& name_space,
            const char* name = kName) {
  Json metadata = Json::Object{{"name", name}};
  if (!name_space.empty()) metadata.set("namespace", name_space);
  return Json::Object{{"apiVersion", version}, {"kind", kind}, {"metadata", std::move(metadata)}};
}

// A Role, or without a namespace a ClusterRole, and its binding to the account.
void grant(Json::Array& objects, const RbacOptions& options, const std::string& name_space,
           const char* name, Json::Array rules) {
  const std::string version = fmt::format("{}/v1", kRbac);
  const std::string kind = name_space.empty() ? "ClusterRole" : "Role";
  Json role = object(version, kind, name_space, name);
  role.set("rules", std::move(rules));
  objects.push_back(std::move(role));
  Json binding = object(version, kind + "Binding", name_space, name);
  binding.set("roleRef", Json::Object{{"apiGroup", kRbac}, {"kind", kind}, {"name", name}});
  binding.set("subjects",
              Json::Array{Json::Object{
                  {"kind", "ServiceAccount"}, {"name", kName}, {"namespace", options.name_space}}});
  objects.push_back(std::move(binding));
}

Json::Array lease_rules() {
  // Nobody can be kept to one name when creating.
  Json::Array rules;
  rules.push_back(rule("coordination.k8s.io", {"leases"}, {"create"}));
  rules.push_back(only({kLeaseName}, rule("coordination.k8s.io", {"leases"}, {"get", "update"})));
  return rules;
}

// What is made for each Gateway.
void add_infrastructure(Json::Array& rules) {
  std::map<std::string_view, Words> made;
  for (const infra::ObjectKindInfo& kind : infra::object_kinds())
    made[kind.resource.group].push_back(kind.resource.plural);
  for (const auto& [group, plurals] : made)
    rules.push_back(rule(group, plurals, {"list", "watch", "create", "patch", "delete"}));
}

Json::Array objects_of(const RbacOptions& options) {
  const bool all = options.namespaces.empty();
  Json::Array cluster = rules_for(all ? any : of_cluster), watched = rules_for(of_namespaces),
              local = lease_rules();
  add_xds_access(options.gateway_namespace_mode, cluster, local);
  if (options.obtain_certificates) {
    // Certificates in Gateways' namespaces, accounts and challenges in Limen's own.
    (all ? cluster : watched).push_back(rule("", {"secrets"}, {"create", "update"}));
    local.push_back(rule("", {"secrets"}, {"list", "watch", "update"}));
  }
  cluster.push_back(rule("", {"nodes"}, {"list", "watch"}));  // of Services of type NodePort
  if (!options.gateway_namespace_mode || !all)
    add_infrastructure(local);  // also of merged Gateways
  if (options.gateway_namespace_mode) add_infrastructure(all ? cluster : watched);

  Json::Array objects;
  objects.push_back(object("v1", "ServiceAccount", options.name_space));
  grant(objects, options, "", kName, std::move(cluster));
  for (const std::string& name_space : options.namespaces)
    grant(objects, options, name_space, kWatchName, watched);
  grant(objects, options, options.name_space, kName, std::move(local));
  return objects;
}

}  // namespace

int rbac(const RbacOptions& options) {
  Json::Array objects = objects_of(options);
  if (options.output == "json") {
    Json list = Json::Object{{"apiVersion", "v1"}, {"kind", "List"}};
    list.set("items", std::move(objects));
    fmt::print("{}\n", to_json(list, 2));
    return kOk;
  }
  fmt::print("# Made by `limen rbac`, version {}.\n", LIMEN_VERSION);
  for (const Json& each : objects) fmt::print("---\n{}", to_yaml(each));
  return kOk;
}

}  // namespace limen::ctl

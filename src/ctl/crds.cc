// `limen crds`: the CustomResourceDefinitions, or the reference page made from the same tables.
#include "api/crds.h"

#include <fmt/format.h>

#include "base/strings.h"
#include "base/yaml.h"
#include "ctl/commands.h"
#include "schema/reference.h"
#include "schema/schema.h"

namespace limen::ctl {
namespace {

using Kinds = std::vector<const api::KindInfo*>;

Kinds custom_kinds() {
  Kinds kinds;
  for (const api::KindInfo& kind : api::all_kinds()) {
    if (kind.is_custom()) kinds.push_back(&kind);
  }
  return kinds;
}

std::string no_such_kind(const std::string& word) {
  std::vector<std::string_view> names;
  for (const api::KindInfo* kind : custom_kinds())
    names.insert(names.end(), {kind->name, kind->plural});
  const auto guess = nearest(word, names);
  return fmt::format("'{}' is no kind that Limen knows{}", word,
                     guess ? fmt::format("; did you mean '{}'?", *guess)
                           : " (`limen crds` without a name prints all)");
}

Result<Kinds> kinds_of(const std::vector<std::string>& words) {
  if (words.empty()) return custom_kinds();
  Kinds kinds;
  for (const std::string& word : words) {
    const api::KindInfo* kind = api::find_kind_by_word(word);
    if (kind == nullptr) return Error{no_such_kind(word)};
    if (!kind->is_custom()) {
      return Error{fmt::format(
          "{} is a kind of Kubernetes itself and has no CustomResourceDefinition", kind->name)};
    }
    kinds.push_back(kind);
  }
  return kinds;
}

void print_yaml(const Kinds& kinds) {
  fmt::print("# Made by `limen crds`, version {}.\n", LIMEN_VERSION);
  for (const api::KindInfo* kind : kinds)
    fmt::print("---\n{}", to_yaml(api::custom_resource_definition(*kind)));
}

// A list, as kubectl takes it, unless it is one.
void print_json(const Kinds& kinds) {
  Json::Array items;
  for (const api::KindInfo* kind : kinds) items.push_back(api::custom_resource_definition(*kind));
  Json list = Json::Object{{"apiVersion", "v1"}, {"kind", "List"}};
  if (items.size() == 1)
    list = std::move(items[0]);
  else
    list.set("items", std::move(items));
  fmt::print("{}\n", to_json(list, 2));
}

void print_reference(const Kinds& kinds) {
  fmt::print(
      "<!-- Made by `limen crds --reference` from the tables in api/; not to be edited. -->\n\n"
      "# Reference\n\n"
      "The kinds that Limen reads and their fields. `[]` stands for an entry of a list, `.*` for one "
      "of a map. A field without \"required\" may be left out. Of Service, EndpointSlice, Secret, "
      "ConfigMap and Namespace Limen reads what it needs; Kubernetes documents them.\n");
  for (const api::KindInfo* kind : kinds) {
    fmt::print("\n## {}\n\n{} `apiVersion: {}/{}`", kind->name, kind->schema().doc, kind->group,
               kind->versions.front());
    for (std::string_view version : kind->versions.subspan(1)) fmt::print(" or `{}`", version);
    fmt::print("; {}.", kind->namespaced ? "in a namespace" : "cluster-wide");
    if (!kind->short_names.empty())
      fmt::print(" Short: `{}`.", fmt::join(kind->short_names, "`, `"));
    fmt::print("\n\n{}", schema::reference_of(kind->schema()));
  }
}

}  // namespace

int crds(const CrdsOptions& options) {
  const Result<Kinds> kinds = kinds_of(options.kinds);
  if (!kinds) {
    fmt::print(stderr, "limen: {}\n", kinds.error().message);
    return kUsage;
  }
  if (options.reference)
    print_reference(*kinds);
  else if (options.output == "json")
    print_json(*kinds);
  else
    print_yaml(*kinds);
  return kOk;
}

}  // namespace limen::ctl

#include "api/crds.h"

#include <absl/strings/ascii.h>
#include <fmt/format.h>

#include "schema/crd.h"

namespace limen::api {
namespace {

Json object(Json::Object members) { return members; }

Json texts(std::span<const std::string_view> words) {
  return Json::Array(words.begin(), words.end());
}

Json annotations_of(const KindInfo& kind) {
  Json out;
  if (kind.group == kGatewayGroup) {
    // The API server wants this of groups that end in k8s.io: the review of the schema, or a text
    // that begins with "unapproved".  It's Gateway API that is reviewed, not our rendering of it.
    out.set("api-approved.kubernetes.io", "unapproved, made by `limen crds`");
    out.set("gateway.networking.k8s.io/bundle-version", kBundleVersion);
    out.set("gateway.networking.k8s.io/channel", kChannel);
  }
  return out;
}

Json names_of_kind(const KindInfo& kind) {
  Json names = object({{"kind", kind.name},
                       {"listKind", fmt::format("{}List", kind.name)},
                       {"plural", kind.plural},
                       {"singular", absl::AsciiStrToLower({kind.name.data(), kind.name.size()})}});
  if (!kind.short_names.empty()) names.set("shortNames", texts(kind.short_names));
  names.set("categories", Json::Array{kind.category});
  return names;
}

Json columns_of(const KindInfo& kind) {
  Json::Array columns;
  for (const PrinterColumn& column : kind.columns) {
    columns.push_back(
        object({{"name", column.name}, {"type", column.type}, {"jsonPath", column.path}}));
    if (column.wide) columns.back().set("priority", 1);
  }
  return columns;
}

Json version_of(const KindInfo& kind, std::string_view name, const Json& schema) {
  Json version =
      object({{"name", name}, {"served", true}, {"storage", name == kind.versions.front()}});
  if (!kind.columns.empty()) version.set("additionalPrinterColumns", columns_of(kind));
  version.set("schema", object({{"openAPIV3Schema", schema}}));
  if (schema.find("properties")->find("status") != nullptr)
    version.set("subresources", object({{"status", Json::Object{}}}));
  return version;
}

}  // namespace

Json custom_resource_definition(const KindInfo& kind) {
  Json metadata = object({{"name", fmt::format("{}.{}", kind.plural, kind.group)}});
  if (Json annotations = annotations_of(kind); !annotations.is_null())
    metadata.set("annotations", std::move(annotations));
  const Json schema = schema::open_api_of_object(kind.schema());
  Json::Array versions;
  for (std::string_view name : kind.versions) versions.push_back(version_of(kind, name, schema));
  return object({{"apiVersion", "apiextensions.k8s.io/v1"},
                 {"kind", "CustomResourceDefinition"},
                 {"metadata", std::move(metadata)},
                 {"spec", object({{"group", kind.group},
                                  {"names", names_of_kind(kind)},
                                  {"scope", kind.namespaced ? "Namespaced" : "Cluster"},
                                  {"versions", std::move(versions)}})}});
}

}  // namespace limen::api

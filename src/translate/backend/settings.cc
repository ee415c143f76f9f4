#include "translate/backend/settings.h"

#include "base/json_text.h"
#include "features/cluster_settings.h"
#include "schema/emit.h"
#include "schema/parse.h"

namespace limen::translate {
namespace {

const schema::Schema& table() {
  return api::schema_of(static_cast<const api::ClusterSettings*>(nullptr));
}

}  // namespace

Text settings_text(const api::ClusterSettings& settings) {
  const api::ClusterSettings part = features::cluster_part(settings);
  if (part == api::ClusterSettings{}) return {};
  return to_json(schema::emit(table(), &part));
}

std::optional<api::ClusterSettings> settings_of(const ClusterRef& cluster) {
  if (cluster.settings.empty()) return std::nullopt;
  Json json = *parse_json(cluster.settings);
  api::ClusterSettings settings;
  schema::parse(json, table(), &settings, {});
  return settings;
}

}  // namespace limen::translate

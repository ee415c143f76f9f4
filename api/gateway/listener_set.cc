#include "api/gateway/listener_rules.h"
#include "api/gateway/tables.h"

namespace limen::api {

using schema::items;
using schema::object;
using schema::required;
using schema::unique_by;

const Schema& schema_of(const ListenerSetSpec*) {
  static const Schema schema = with_listener_rules(
      object<ListenerSetSpec>("ListenerSetSpec", "Which listeners are added to which Gateway.")
          .field<&ListenerSetSpec::parent_ref>("parentRef", "The Gateway.", required())
          .field<&ListenerSetSpec::listeners>("listeners", "The listeners.", required(),
                                              items(1, 64), unique_by({"name"})));
  return schema;
}

const Schema& schema_of(const ListenerSetStatus*) {
  static const Schema schema =
      object<ListenerSetStatus>("ListenerSetStatus", "State of a ListenerSet.")
          .field<&ListenerSetStatus::conditions>("conditions", "Accepted, Programmed.", items(0, 8),
                                                 unique_by({"type"}))
          .field<&ListenerSetStatus::listeners>("listeners", "One entry a listener.", items(0, 64),
                                                unique_by({"name"}));
  return schema;
}

const Schema& schema_of(const ListenerSet*) {
  static const Schema schema =
      object<ListenerSet>("ListenerSet", "Further listeners for a Gateway. GEP-1713.")
          .field<&ListenerSet::metadata>("metadata", kMetadata, required())
          .field<&ListenerSet::spec>("spec", "Which listeners.", required())
          .field<&ListenerSet::status>("status", "Written by the controller.");
  return schema;
}

}  // namespace limen::api

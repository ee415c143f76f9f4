#include "api/gateway/tables.h"

namespace limen::api {

using schema::items;
using schema::length;
using schema::object;
using schema::pattern;
using schema::required;
using schema::unique_by;

const Schema& schema_of(const GatewayClassSpec*) {
  static const Schema schema =
      object<GatewayClassSpec>("GatewayClassSpec", "Which controller serves the class.")
          .field<&GatewayClassSpec::controller_name>("controllerName",
                                                     "The controller, as domain/path.", required(),
                                                     length(1, 253), pattern(kControllerPattern))
          .field<&GatewayClassSpec::parameters_ref>(
              "parametersRef", "An EnvoyProxy with settings for all Gateways of the class.")
          .field<&GatewayClassSpec::description>("description", "For people.", length(0, 64));
  return schema;
}

const Schema& schema_of(const SupportedFeature*) {
  static const Schema schema =
      object<SupportedFeature>("SupportedFeature", "A feature that the controller has.")
          .field<&SupportedFeature::name>("name", "Its name in Gateway API.", required());
  return schema;
}

const Schema& schema_of(const GatewayClassStatus*) {
  static const Schema schema =
      object<GatewayClassStatus>("GatewayClassStatus", "State of the class.")
          .field<&GatewayClassStatus::conditions>("conditions", "Accepted, SupportedVersion.",
                                                  items(0, 8), unique_by({"type"}))
          .field<&GatewayClassStatus::supported_features>("supportedFeatures",
                                                          "Features that the controller has.",
                                                          items(0, 64), unique_by({"name"}));
  return schema;
}

const Schema& schema_of(const GatewayClass*) {
  static const Schema schema =
      object<GatewayClass>("GatewayClass", "A kind of Gateways, served by one controller.")
          .field<&GatewayClass::metadata>("metadata", kMetadata, required())
          .field<&GatewayClass::spec>("spec", "Which controller, with which settings.", required())
          .field<&GatewayClass::status>("status", "Written by the controller.");
  return schema;
}

}  // namespace limen::api

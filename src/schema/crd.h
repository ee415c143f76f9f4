// Descriptor table -> the OpenAPI v3 schema of a CustomResourceDefinition.  Pure; any thread.
//
// Structural, as apiextensions.k8s.io/v1 wants it (JSONSchemaProps and its x-kubernetes-* members):
// types, bounds, enumerations, defaults, list-map keys, and CEL rules as x-kubernetes-validations.
#pragma once

#include "schema/schema.h"

namespace limen::schema {

// Of a whole object: apiVersion and kind are added; metadata is left to the API server, which has
// its own checks of it.
Json open_api_of_object(const Schema& schema);
// Of a part of an object.
Json open_api_of(const Schema& schema);

}  // namespace limen::schema

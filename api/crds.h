// The CustomResourceDefinitions of the kinds that Gateway API and Envoy Gateway define, made from
// the descriptor tables.  Pure; any thread.
//
// Source of the form: apiextensions.k8s.io/v1 CustomResourceDefinition.
#pragma once

#include "api/kinds.h"
#include "base/json.h"

namespace limen::api {

// The release of Gateway API that the tables follow, and its channel: some fields of theirs (such
// as a rule's `retry`) are of the experimental one.  Written into annotations; the conformance
// suite reads them, and so does the guard against downgrades that Gateway API's own manifests
// install.
inline constexpr std::string_view kBundleVersion = "v1.7.0";
inline constexpr std::string_view kChannel = "experimental";

// All versions are served with one schema; the first is the stored one.  REQUIRES: kind.is_custom()
Json custom_resource_definition(const KindInfo& kind);

}  // namespace limen::api

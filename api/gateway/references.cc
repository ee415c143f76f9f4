// References to other objects.
#include "api/meta/tables.h"

namespace limen::api {

using schema::embedded;
using schema::keep_empty;
using schema::length;
using schema::max;
using schema::min;
using schema::object;
using schema::pattern;
using schema::required;

const Schema& schema_of(const ParentReference*) {
  static const Schema schema =
      object<ParentReference>("ParentReference", "A Gateway that a route wants to attach to.")
          .field<&ParentReference::group>("group", "Group of the parent.", length(0, 253),
                                          pattern(kGroupPattern))
          .field<&ParentReference::kind>("kind", "Kind of the parent.", length(1, 63),
                                         pattern(kKindPattern))
          .field<&ParentReference::name_space>("namespace",
                                               "Namespace of the parent; the route's where unset.",
                                               length(1, 63), pattern(kNamespacePattern))
          .field<&ParentReference::name>("name", "Name of the parent.", required(), length(1, 253))
          .field<&ParentReference::section_name>("sectionName", "Only the listener of this name.",
                                                 length(1, 253), pattern(kSectionPattern))
          .field<&ParentReference::port>("port", "Only listeners of this port.", min(1),
                                         max(65535));
  return schema;
}

const Schema& schema_of(const ParentGatewayReference*) {
  static const Schema schema =
      object<ParentGatewayReference>("ParentGatewayReference", "The Gateway that is added to.")
          .field<&ParentGatewayReference::group>("group", "Group of the parent.", length(0, 253),
                                                 pattern(kGroupPattern))
          .field<&ParentGatewayReference::kind>("kind", "Kind of the parent.", length(1, 63),
                                                pattern(kKindPattern))
          .field<&ParentGatewayReference::name>("name", "Name of the parent.", required(),
                                                length(1, 253))
          .field<&ParentGatewayReference::name_space>(
              "namespace", "Namespace of the parent; the ListenerSet's where unset.", length(1, 63),
              pattern(kNamespacePattern));
  return schema;
}

const Schema& schema_of(const BackendObjectReference*) {
  static const Schema schema =
      object<BackendObjectReference>("BackendObjectReference", "A backend.")
          .field<&BackendObjectReference::group>("group", "Group of the backend; empty for core.",
                                                 length(0, 253), pattern(kGroupPattern),
                                                 keep_empty())
          .field<&BackendObjectReference::kind>("kind", "Kind of the backend.", length(1, 63),
                                                pattern(kKindPattern))
          .field<&BackendObjectReference::name>("name", "Name of the backend.", required(),
                                                length(1, 253))
          .field<&BackendObjectReference::name_space>(
              "namespace",
              "Namespace of the backend; another one than the route's needs a ReferenceGrant there.",
              length(1, 63), pattern(kNamespacePattern))
          .field<&BackendObjectReference::port>("port", "Port of the backend; a Service needs one.",
                                                min(1), max(65535))
          .rule("(size(self.group) == 0 && self.kind == 'Service') ? has(self.port) : true",
                "a reference to a Service needs a port")
          .rule(
              "(self.group == 'gateway.networking.x-k8s.io' && self.kind == 'XBackend') ? !has(self.port) : true",
              "a reference to an XBackend must have no port");
  return schema;
}

const Schema& schema_of(const BackendRef*) {
  static const Schema schema =
      object<BackendRef>("BackendRef", "A backend and its share.")
          .field<&BackendRef::ref>("", "The backend.", embedded())
          .field<&BackendRef::weight>(
              "weight", "Share, in relation to the other backends' weights.", min(0), max(1000000));
  return schema;
}

const Schema& schema_of(const SecretObjectReference*) {
  static const Schema schema =
      object<SecretObjectReference>("SecretObjectReference", "A Secret.")
          .field<&SecretObjectReference::group>("group", "Group; empty for core.", length(0, 253),
                                                pattern(kGroupPattern), keep_empty())
          .field<&SecretObjectReference::kind>("kind", "Kind.", length(1, 63),
                                               pattern(kKindPattern))
          .field<&SecretObjectReference::name>("name", "Name.", required(), length(1, 253))
          .field<&SecretObjectReference::name_space>(
              "namespace", "Namespace; another one needs a ReferenceGrant there.", length(1, 63),
              pattern(kNamespacePattern));
  return schema;
}

const Schema& schema_of(const LocalObjectReference*) {
  static const Schema schema =
      object<LocalObjectReference>("LocalObjectReference", "An object of the same namespace.")
          .field<&LocalObjectReference::group>("group", "Group; empty for core.", required(),
                                               length(0, 253), pattern(kGroupPattern), keep_empty())
          .field<&LocalObjectReference::kind>("kind", "Kind.", required(), length(1, 63),
                                              pattern(kKindPattern))
          .field<&LocalObjectReference::name>("name", "Name.", required(), length(1, 253));
  return schema;
}

const Schema& schema_of(const ObjectReference*) {
  static const Schema schema =
      object<ObjectReference>("ObjectReference", "An object.")
          .field<&ObjectReference::group>("group", "Group; empty for core.", required(),
                                          length(0, 253), pattern(kGroupPattern), keep_empty())
          .field<&ObjectReference::kind>("kind", "Kind.", required(), length(1, 63),
                                         pattern(kKindPattern))
          .field<&ObjectReference::name>("name", "Name.", required(), length(1, 253))
          .field<&ObjectReference::name_space>(
              "namespace", "Namespace; another one needs a ReferenceGrant there.", length(1, 63),
              pattern(kNamespacePattern));
  return schema;
}

const Schema& schema_of(const ParametersReference*) {
  static const Schema schema =
      object<ParametersReference>("ParametersReference", "An object with further settings.")
          .base<ObjectReference>("Which one.");
  return schema;
}

}  // namespace limen::api

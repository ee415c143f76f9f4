#include "api/gateway/tables.h"

namespace limen::api {

using schema::items;
using schema::keep_empty;
using schema::length;
using schema::object;
using schema::pattern;
using schema::required;

const Schema& schema_of(const ReferenceGrantFrom*) {
  static const Schema schema =
      object<ReferenceGrantFrom>("ReferenceGrantFrom", "Who may refer into this namespace.")
          .field<&ReferenceGrantFrom::group>("group", "Group; empty for core.", required(),
                                             length(0, 253), pattern(kGroupPattern), keep_empty())
          .field<&ReferenceGrantFrom::kind>("kind", "Kind.", required(), length(1, 63),
                                            pattern(kKindPattern))
          .field<&ReferenceGrantFrom::name_space>("namespace", "Namespace.", required(),
                                                  length(1, 63), pattern(kNamespacePattern));
  return schema;
}

const Schema& schema_of(const ReferenceGrantTo*) {
  static const Schema schema =
      object<ReferenceGrantTo>("ReferenceGrantTo", "What may be referred to.")
          .field<&ReferenceGrantTo::group>("group", "Group; empty for core.", required(),
                                           length(0, 253), pattern(kGroupPattern), keep_empty())
          .field<&ReferenceGrantTo::kind>("kind", "Kind.", required(), length(1, 63),
                                          pattern(kKindPattern))
          .field<&ReferenceGrantTo::name>("name", "Name; all of the kind where unset.",
                                          length(1, 253));
  return schema;
}

const Schema& schema_of(const ReferenceGrantSpec*) {
  static const Schema schema =
      object<ReferenceGrantSpec>("ReferenceGrantSpec", "Who may refer to what.")
          .field<&ReferenceGrantSpec::from>("from", "Who.", required(), items(1, 16))
          .field<&ReferenceGrantSpec::to>("to", "What.", required(), items(1, 16));
  return schema;
}

const Schema& schema_of(const ReferenceGrant*) {
  static const Schema schema =
      object<ReferenceGrant>("ReferenceGrant",
                             "Lets objects of other namespaces refer into this one.")
          .field<&ReferenceGrant::metadata>("metadata", kMetadata, required())
          .field<&ReferenceGrant::spec>("spec", "Who may refer to what.", required());
  return schema;
}

}  // namespace limen::api

// ReferenceGrant: lets objects of other namespaces refer into this one.  Source:
// gateway.networking.k8s.io/v1beta1 (and v1).
#pragma once

#include "api/gateway/common.h"

namespace limen::api {

struct ReferenceGrantFrom {
  std::string group;
  std::string kind;
  std::string name_space;
  bool operator==(const ReferenceGrantFrom&) const = default;
};

struct ReferenceGrantTo {
  std::string group;
  std::string kind;
  std::optional<std::string> name;  // unset: all of that kind
  bool operator==(const ReferenceGrantTo&) const = default;
};

struct ReferenceGrantSpec {
  std::vector<ReferenceGrantFrom> from;
  std::vector<ReferenceGrantTo> to;
  bool operator==(const ReferenceGrantSpec&) const = default;
};

struct ReferenceGrant {
  ObjectMeta metadata;
  ReferenceGrantSpec spec;
  bool operator==(const ReferenceGrant&) const = default;
};

}  // namespace limen::api

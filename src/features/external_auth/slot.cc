#include "features/slot.h"

#include <envoy/extensions/common/matching/v3/extension_matcher.pb.h>
#include <envoy/extensions/filters/http/composite/v3/composite.pb.h>
#include <envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager.pb.h>

#include "features/features.h"

namespace limen::features {
namespace {

namespace composite_v3 = envoy::extensions::filters::http::composite::v3;
namespace matching_v3 = envoy::extensions::common::matching::v3;

}  // namespace

void write_auth_slot(
    const std::string& name,
    envoy::extensions::filters::network::http_connection_manager::v3::HttpFilter& out) {
  matching_v3::ExtensionWithMatcher slot;
  slot.mutable_extension_config()->set_name("envoy.filters.http.composite");
  slot.mutable_extension_config()->mutable_typed_config()->PackFrom(composite_v3::Composite());
  slot.mutable_xds_matcher();
  out.set_name(name);
  out.mutable_typed_config()->PackFrom(slot);
  out.set_disabled(true);
}

google::protobuf::Any run_filter(const std::string& name, const google::protobuf::Message& config) {
  composite_v3::ExecuteFilterAction action;
  action.mutable_typed_config()->set_name(name);
  action.mutable_typed_config()->mutable_typed_config()->PackFrom(config);
  matching_v3::ExtensionWithMatcherPerRoute per_route;
  auto* always = per_route.mutable_xds_matcher()->mutable_on_no_match()->mutable_action();
  always->set_name("composite-action");
  always->mutable_typed_config()->PackFrom(action);
  google::protobuf::Any any;
  any.PackFrom(per_route);
  return any;
}

google::protobuf::Any run_nothing() {
  matching_v3::ExtensionWithMatcherPerRoute nothing;
  nothing.mutable_xds_matcher();
  google::protobuf::Any any;
  any.PackFrom(nothing);
  return any;
}

}  // namespace limen::features

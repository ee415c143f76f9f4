#include "features/slot.h"

#include <envoy/extensions/common/matching/v3/extension_matcher.pb.h>
#include <envoy/extensions/filters/http/composite/v3/composite.pb.h>
#include <envoy/extensions/filters/http/rbac/v3/rbac.pb.h>
#include <envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager.pb.h>

#include "features/features.h"

namespace limen::features {
namespace {

namespace composite_v3 = envoy::extensions::filters::http::composite::v3;
namespace matching_v3 = envoy::extensions::common::matching::v3;
using ::xds::type::matcher::v3::Matcher;

void write_action(const std::string& name, const google::protobuf::Message& config,
                  Matcher::OnMatch& out) {
  composite_v3::ExecuteFilterAction action;
  action.mutable_typed_config()->set_name(name);
  action.mutable_typed_config()->mutable_typed_config()->PackFrom(config);
  out.mutable_action()->set_name("composite-action");
  out.mutable_action()->mutable_typed_config()->PackFrom(action);
}

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
  matching_v3::ExtensionWithMatcherPerRoute per_route;
  write_action(name, config, *per_route.mutable_xds_matcher()->mutable_on_no_match());
  google::protobuf::Any any;
  any.PackFrom(per_route);
  return any;
}

google::protobuf::Any run_filter_unless(const Matcher::MatcherList::Predicate& predicate,
                                        const std::string& name,
                                        const google::protobuf::Message& config) {
  matching_v3::ExtensionWithMatcherPerRoute per_route;
  auto& matcher = *per_route.mutable_xds_matcher()->mutable_matcher_list()->add_matchers();
  *matcher.mutable_predicate() = predicate;
  // Without rules it lets all pass: there is no action that does nothing.
  write_action("nothing", envoy::extensions::filters::http::rbac::v3::RBAC(),
               *matcher.mutable_on_match());
  write_action(name, config, *per_route.mutable_xds_matcher()->mutable_on_no_match());
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

#include "features/security/predicates.h"

#include <envoy/extensions/matching/common_inputs/network/v3/network_inputs.pb.h>
#include <envoy/extensions/matching/input_matchers/metadata/v3/metadata.pb.h>
#include <envoy/type/matcher/v3/http_inputs.pb.h>

namespace limen::features {
namespace {

using ::xds::type::matcher::v3::Matcher;

Predicate joined(std::vector<Predicate> parts, bool all) {
  if (parts.size() == 1) return std::move(parts[0]);
  Predicate out;
  auto& list = all ? *out.mutable_and_matcher() : *out.mutable_or_matcher();
  for (Predicate& part : parts) *list.add_predicate() = std::move(part);
  return out;
}

}  // namespace

Predicate all_of(std::vector<Predicate> parts) { return joined(std::move(parts), true); }
Predicate any_of(std::vector<Predicate> parts) { return joined(std::move(parts), false); }

Predicate none_of(std::vector<Predicate> parts) {
  Predicate out;
  *out.mutable_not_matcher() = any_of(std::move(parts));
  return out;
}

Predicate header_matches(const std::string& name, ::xds::type::matcher::v3::StringMatcher match) {
  envoy::type::matcher::v3::HttpRequestHeaderMatchInput input;
  input.set_header_name(name);
  Predicate out;
  auto& single = *out.mutable_single_predicate();
  single.mutable_input()->set_name("request-headers");
  single.mutable_input()->mutable_typed_config()->PackFrom(input);
  *single.mutable_value_match() = std::move(match);
  return out;
}

Predicate header_is(const std::string& name, const std::vector<std::string>& values) {
  std::vector<Predicate> parts;
  for (const std::string& value : values) {
    ::xds::type::matcher::v3::StringMatcher match;
    match.set_exact(value);
    parts.push_back(header_matches(name, std::move(match)));
  }
  return any_of(std::move(parts));
}

Predicate metadata_is(const MetadataPath& path, bool in_list, const std::string& value) {
  envoy::extensions::matching::common_inputs::network::v3::DynamicMetadataInput input;
  input.set_filter(path.filter);
  for (const std::string& step : path.steps) input.add_path()->set_key(step);
  envoy::extensions::matching::input_matchers::metadata::v3::Metadata matcher;
  auto& match = *matcher.mutable_value();
  auto& text = in_list ? *match.mutable_list_match()->mutable_one_of() : match;
  text.mutable_string_match()->set_exact(value);
  Predicate out;
  auto& single = *out.mutable_single_predicate();
  single.mutable_input()->set_name("metadata");
  single.mutable_input()->mutable_typed_config()->PackFrom(input);
  single.mutable_custom_match()->set_name("envoy.matching.matchers.metadata_matcher");
  single.mutable_custom_match()->mutable_typed_config()->PackFrom(matcher);
  return out;
}

}  // namespace limen::features

// What conditions of authorization are made of.  Within src/features only.
#pragma once

#include <xds/type/matcher/v3/matcher.pb.h>

#include <string>
#include <vector>

namespace limen::features {

using Predicate = ::xds::type::matcher::v3::Matcher::MatcherList::Predicate;

// REQUIRES: there are parts.  Envoy wants at least two in a list: a list of one is the one.
Predicate all_of(std::vector<Predicate> parts);
Predicate any_of(std::vector<Predicate> parts);
Predicate none_of(std::vector<Predicate> parts);

Predicate header_matches(const std::string& name, ::xds::type::matcher::v3::StringMatcher match);
// REQUIRES: there are values.  One of them, exactly.
Predicate header_is(const std::string& name, const std::vector<std::string>& values);

// Dynamic metadata that a filter left, a text; or, `in_list`, a list with that text.
struct MetadataPath {
  std::string filter;
  std::vector<std::string> steps;
};
Predicate metadata_is(const MetadataPath& path, bool in_list, const std::string& value);

}  // namespace limen::features

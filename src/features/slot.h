// A place in a chain of HTTP filters for a filter that routes and virtual hosts bring along whole:
// a composite filter, which runs what the entry in typed_per_filter_config says.  Within
// src/features only.
#pragma once

#include <google/protobuf/any.pb.h>
#include <xds/type/matcher/v3/matcher.pb.h>

#include <string>

namespace limen::features {

// The entry that runs filter `name` with that configuration.
google::protobuf::Any run_filter(const std::string& name, const google::protobuf::Message& config);
// The same for requests that the predicate does not take.
google::protobuf::Any run_filter_unless(
    const ::xds::type::matcher::v3::Matcher::MatcherList::Predicate& predicate,
    const std::string& name, const google::protobuf::Message& config);
// The entry that runs none.
google::protobuf::Any run_nothing();

}  // namespace limen::features

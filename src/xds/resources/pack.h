// Messages as bytes that are the same each time.  Pure; any thread.
#pragma once

#include <google/protobuf/any.pb.h>

#include <string>

namespace limen::xds {

// With maps in key order, which protobuf's own functions do not promise.
std::string bytes_of(const google::protobuf::MessageLite& message);

// For messages with maps, in place of Any::PackFrom(): a listener of other bytes is another one to
// Envoy, which drains its connections.
void pack(const google::protobuf::Message& message, google::protobuf::Any& out);

}  // namespace limen::xds

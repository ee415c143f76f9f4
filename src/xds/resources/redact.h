// Hides what is secret in a message: keys, passwords and their hashes.  For what people read.
#pragma once

namespace google::protobuf {
class Message;
}

namespace limen::xds {

// In nested messages and in google.protobuf.Any of known types, too.
void redact(google::protobuf::Message& message);

}  // namespace limen::xds

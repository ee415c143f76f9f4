#include "xds/resources/pack.h"

#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/io/zero_copy_stream_impl_lite.h>

namespace limen::xds {

// Without a byte of slack: thousands of them are kept.
std::string bytes_of(const google::protobuf::MessageLite& message) {
  std::string bytes(message.ByteSizeLong(), '\0');
  google::protobuf::io::ArrayOutputStream stream(bytes.data(), static_cast<int>(bytes.size()));
  google::protobuf::io::CodedOutputStream coded(&stream);
  coded.SetSerializationDeterministic(true);
  message.SerializeWithCachedSizes(&coded);
  return bytes;
}

void pack(const google::protobuf::Message& message, google::protobuf::Any& out) {
  out.set_type_url("type.googleapis.com/" + message.GetDescriptor()->full_name());
  out.set_value(bytes_of(message));
}

}  // namespace limen::xds

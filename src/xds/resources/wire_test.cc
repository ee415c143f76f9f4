#include "xds/resources/wire.h"

#include <gmock/gmock.h>
#include <google/protobuf/struct.pb.h>
#include <google/protobuf/type.pb.h>

#include "xds/resources/pack.h"

namespace limen::xds {
namespace {

TEST(Wire, FieldsAreTheWholeMessage) {
  google::protobuf::Type message;  // texts, messages and numbers
  message.set_name("n");
  for (int i = 0; i < 200; ++i) message.add_fields()->set_number(i * 1000);
  message.set_syntax(google::protobuf::SYNTAX_PROTO3);
  const std::string bytes = bytes_of(message);
  std::string joined;
  for (const WireField& field : fields_of(bytes)) joined += field.bytes;
  EXPECT_EQ(joined, bytes);
  EXPECT_EQ(fields_of(bytes).size(), 202u);
  EXPECT_EQ(fields_of(bytes).front().number, 1u);
  EXPECT_TRUE(fields_of("").empty());
}

TEST(Wire, EntriesOfMapsHaveTheirKeys) {
  google::protobuf::Struct message;
  (*message.mutable_fields())["a"].set_bool_value(true);
  (*message.mutable_fields())[std::string(300, 'b')].set_string_value(std::string(400, 'c'));
  const std::string bytes = bytes_of(message);
  std::vector<std::string> keys;
  for (const WireField& field : fields_of(bytes)) keys.emplace_back(field.key);
  EXPECT_THAT(keys, testing::UnorderedElementsAre("a", std::string(300, 'b')));
}

}  // namespace
}  // namespace limen::xds

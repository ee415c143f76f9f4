#include "xds/server/wire.h"

#include <envoy/service/discovery/v3/discovery.pb.h>
#include <google/protobuf/io/coded_stream.h>

#include <charconv>

#include "base/strings.h"

namespace limen::xds {
namespace {

namespace discovery_v3 = envoy::service::discovery::v3;

constexpr int kLengthDelimited = 2;

void append_head(int field, size_t length, std::string& out) {
  uint8_t head[11];
  head[0] = static_cast<uint8_t>(field << 3 | kLengthDelimited);
  const uint8_t* end =
      google::protobuf::io::CodedOutputStream::WriteVarint64ToArray(length, head + 1);
  out.append(reinterpret_cast<const char*>(head), static_cast<size_t>(end - head));
}

}  // namespace

WireResourcePtr encode_resource(const ResourceChange& change) {
  std::string any;
  append_head(google::protobuf::Any::kTypeUrlFieldNumber, type_url(change.type).size(), any);
  any += type_url(change.type);
  append_head(google::protobuf::Any::kValueFieldNumber, change.resource->bytes.size(), any);

  discovery_v3::Resource head;
  head.set_name(change.name);
  head.set_version(version_text(change.resource->hash));
  std::string resource = head.SerializeAsString();
  append_head(discovery_v3::Resource::kResourceFieldNumber,
              any.size() + change.resource->bytes.size(), resource);
  resource += any;

  auto wire = std::make_shared<WireResource>();
  wire->version = change.resource->hash;
  wire->bytes.reserve(resource.size() + change.resource->bytes.size() + 8);
  append_head(discovery_v3::DeltaDiscoveryResponse::kResourcesFieldNumber,
              resource.size() + change.resource->bytes.size(), wire->bytes);
  wire->bytes += resource;
  wire->bytes += change.resource->bytes;
  return wire;
}

std::string version_text(uint64_t version) { return hex(version); }

uint64_t version_of(std::string_view text) {
  uint64_t version = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), version, 16);
  return error == std::errc() && end == text.data() + text.size() ? version : 0;
}

std::string encode_head(ResourceType type, const std::string& nonce,
                        const std::vector<std::string>& removed) {
  discovery_v3::DeltaDiscoveryResponse head;
  head.set_type_url(std::string(type_url(type)));
  head.set_nonce(nonce);
  for (const std::string& name : removed) head.add_removed_resources(name);
  return head.SerializeAsString();
}

}  // namespace limen::xds

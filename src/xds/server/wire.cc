#include "xds/server/wire.h"

#include <envoy/service/discovery/v3/discovery.pb.h>

#include <charconv>

#include "base/strings.h"

namespace limen::xds {
namespace {

namespace discovery_v3 = envoy::service::discovery::v3;

// All of a DeltaDiscoveryResponse's `resources` field but the resource itself, which stands last.
std::string head_of(ResourceType type, const std::string& name, const Fragment& fragment) {
  const size_t size = fragment.size;
  const std::string_view url = type_url(type);
  std::string any;
  append_field_head(google::protobuf::Any::kTypeUrlFieldNumber, url.size(), any);
  any += url;
  append_field_head(google::protobuf::Any::kValueFieldNumber, size, any);

  discovery_v3::Resource message;
  message.set_name(name);
  message.set_version(version_text(fragment.hash));
  std::string resource = message.SerializeAsString();
  append_field_head(discovery_v3::Resource::kResourceFieldNumber, any.size() + size, resource);
  resource += any;

  std::string head;
  append_field_head(discovery_v3::DeltaDiscoveryResponse::kResourcesFieldNumber,
                    resource.size() + size, head);
  head += resource;
  head.shrink_to_fit();
  return head;
}

}  // namespace

WireResource::WireResource(ResourceType type, const std::string& name, FragmentPtr resource)
    : head_(head_of(type, name, *resource)), resource_(std::move(resource)) {}

std::shared_ptr<const std::string> WireResource::bytes() const {
  if (auto made = bytes_.lock()) return made;
  auto bytes = std::make_shared<std::string>();
  bytes->reserve(head_.size() + resource_->size);
  *bytes += head_;
  serialise(*resource_, *bytes);
  bytes_ = bytes;
  return bytes;
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

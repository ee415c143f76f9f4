// Delta responses put together out of bytes that are ready.  Source: envoy.service.discovery.v3.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "xds/server/resource_group.h"

namespace limen::xds {

// 16 hex digits, and back (0 where the text is no such thing).
std::string version_text(uint64_t version);
uint64_t version_of(std::string_view text);

// A DeltaDiscoveryResponse: `head` and then the bytes of each resource.
struct DeltaResponse {
  ResourceType type;
  std::string nonce;
  std::string head;  // type, nonce, removed names
  std::vector<WireResourcePtr> resources;
};

std::string encode_head(ResourceType type, const std::string& nonce,
                        const std::vector<std::string>& removed);

}  // namespace limen::xds

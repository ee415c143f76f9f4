// The fields of a serialised message one by one, so that messages which are mostly maps are joined
// and compared without parsing what the maps hold.  Pure; any thread.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

namespace limen::xds {

struct WireField {
  uint32_t number = 0;
  std::string_view bytes;  // with its tag; of the message's
  std::string_view key;    // of an entry of a map whose keys are texts; else it means nothing
};

// REQUIRES: `message` is one that was serialised, without fields that are numbers of fixed width or
// groups.
std::vector<WireField> fields_of(std::string_view message);

}  // namespace limen::xds

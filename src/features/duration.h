// Durations of the API as Envoy's.  Within src/features only.
#pragma once

#include <google/protobuf/duration.pb.h>

#include "api/meta/meta.h"

namespace limen::features {

inline void write_duration(const api::Duration& duration, google::protobuf::Duration& out) {
  out.set_seconds(duration.value.count() / 1000);
  out.set_nanos(static_cast<int32_t>(duration.value.count() % 1000) * 1'000'000);
}

}  // namespace limen::features

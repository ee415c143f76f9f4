#include "features/features.h"

namespace limen::features {

void turn_off_grpc_web(route_v3::RouteConfiguration& out) {
  route_v3::FilterConfig off;
  off.set_disabled(true);
  (*out.mutable_typed_per_filter_config())[kGrpcWebFilter].PackFrom(off);
}

}  // namespace limen::features

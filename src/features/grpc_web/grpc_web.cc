#include <envoy/extensions/filters/http/grpc_web/v3/grpc_web.pb.h>

#include "features/features.h"

namespace limen::features {

void write_grpc_web(route_v3::Route& out) {
  // The listener has the filter disabled: a service that speaks gRPC-Web itself stays as it is.
  route_v3::FilterConfig enabled;
  enabled.mutable_config()->PackFrom(envoy::extensions::filters::http::grpc_web::v3::GrpcWeb());
  (*out.mutable_typed_per_filter_config())[kGrpcWebFilter].PackFrom(enabled);
}

}  // namespace limen::features

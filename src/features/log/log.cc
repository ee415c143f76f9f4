#include <envoy/extensions/access_loggers/stream/v3/stream.pb.h>

#include "features/features.h"

namespace limen::features {

void write_stdout_log(envoy::config::accesslog::v3::AccessLog& out) {
  out.set_name("envoy.access_loggers.stdout");
  out.mutable_typed_config()->PackFrom(
      envoy::extensions::access_loggers::stream::v3::StdoutAccessLog());
}

}  // namespace limen::features

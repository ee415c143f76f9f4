#include <envoy/extensions/access_loggers/stream/v3/stream.pb.h>

#include <utility>

#include "features/features.h"
#include "xds/resources/pack.h"

namespace limen::features {
namespace {

// Envoy Gateway's fields.  The path is without its query, where keys, tokens and codes of logins
// are found.
constexpr std::pair<const char*, const char*> kFields[] = {
    {"start_time", "%START_TIME%"},
    {"method", "%REQ(:METHOD)%"},
    {"x-envoy-origin-path", "%PATH(NQ:ORIG_OR_PATH)%"},
    {"protocol", "%PROTOCOL%"},
    {"response_code", "%RESPONSE_CODE%"},
    {"response_flags", "%RESPONSE_FLAGS%"},
    {"response_code_details", "%RESPONSE_CODE_DETAILS%"},
    {"connection_termination_details", "%CONNECTION_TERMINATION_DETAILS%"},
    {"upstream_transport_failure_reason", "%UPSTREAM_TRANSPORT_FAILURE_REASON%"},
    {"bytes_received", "%BYTES_RECEIVED%"},
    {"bytes_sent", "%BYTES_SENT%"},
    {"duration", "%DURATION%"},
    {"x-envoy-upstream-service-time", "%RESP(X-ENVOY-UPSTREAM-SERVICE-TIME)%"},
    {"x-forwarded-for", "%REQ(X-FORWARDED-FOR)%"},
    {"user-agent", "%REQ(USER-AGENT)%"},
    {"x-request-id", "%REQ(X-REQUEST-ID)%"},
    {":authority", "%REQ(:AUTHORITY)%"},
    {"upstream_host", "%UPSTREAM_HOST%"},
    {"upstream_cluster", "%UPSTREAM_CLUSTER%"},
    {"upstream_local_address", "%UPSTREAM_LOCAL_ADDRESS%"},
    {"downstream_local_address", "%DOWNSTREAM_LOCAL_ADDRESS%"},
    {"downstream_remote_address", "%DOWNSTREAM_REMOTE_ADDRESS%"},
    {"requested_server_name", "%REQUESTED_SERVER_NAME%"},
    {"route_name", "%ROUTE_NAME%"},
};

}  // namespace

void write_stdout_log(envoy::config::accesslog::v3::AccessLog& out) {
  out.set_name("envoy.access_loggers.stdout");
  envoy::extensions::access_loggers::stream::v3::StdoutAccessLog log;
  auto& fields = *log.mutable_log_format()->mutable_json_format()->mutable_fields();
  for (const auto& [name, value] : kFields) fields[name].set_string_value(value);
  xds::pack(log, *out.mutable_typed_config());
}

}  // namespace limen::features
